from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

from why502.host import descriptors


def test_open_files_and_limit_of_a_process_are_those_that_it_has() -> None:
    """Counted against the list of its descriptors."""
    own = Path(f"/proc/{os.getpid()}")
    before, limit = descriptors.read(own)
    files = [Path("/dev/null").open("rb") for _ in range(17)]  # noqa: SIM115 - held open on purpose
    after, _ = descriptors.read(own)
    for file in files:
        file.close()
    assert before is not None
    assert after == before + 17
    assert limit == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_a_lowered_limit_is_seen() -> None:
    """The soft limit counts."""
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (99, 200)); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        found = descriptors.read(Path(f"/proc/{child.pid}"))
        child.communicate(b"\n")
    assert found[1] == 99


def test_a_quick_look_tells_the_same_or_nothing() -> None:
    """Nothing on kernels whose folder has no size."""
    own = Path(f"/proc/{os.getpid()}")
    assert descriptors.peek(own) in (descriptors.read(own)[0], None)


def test_a_process_that_has_ended_is_absent(tmp_path: Path) -> None:
    """Absent is None, never 0."""
    assert descriptors.peek(tmp_path / "gone") is None
    assert descriptors.read(tmp_path / "gone") == (None, None)
