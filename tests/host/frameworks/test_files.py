from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.host.frameworks.running import process, put
from why502.host.frameworks.files import ProcessFiles

if TYPE_CHECKING:
    from pathlib import Path


def test_absolute_links_stay_inside_the_root_of_the_process(tmp_path: Path) -> None:
    """A container's link to /etc/secret is its own /etc/secret, not ours."""
    root = tmp_path / "root"
    (root / "proc").mkdir(parents=True)
    secret = put(tmp_path, "secret", b"ours")
    files = process(root, "/bin/x").files
    (root / "link").symlink_to(secret)
    (root / "up").symlink_to("../../../../../secret")
    assert files.read("/link", 100) == b""
    assert files.read("/up", 100) == b""
    put(root, str(secret), b"its own")
    assert files.read("/link", 100) == b"its own"


def test_what_is_no_regular_file_is_not_opened_and_not_waited_for(tmp_path: Path) -> None:
    """A pipe of a stranger would hang whoever opens it."""
    os.mkfifo(tmp_path / "pipe")
    files = process(tmp_path, "/bin/x").files
    assert files.read("/pipe", 100) == b""
    assert files.read("/missing", 100) == b""
    assert files.read("/", 100) == b""
    assert files.names("/pipe") == []


def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    """Whatever the size of the file."""
    put(tmp_path, "big", b"x" * 10_000)
    assert process(tmp_path, "/bin/x").files.read("/big", 7) == b"x" * 7


def test_mapped_files_of_a_real_process_are_told() -> None:
    """The interpreter, or its library; nothing that is no file."""
    mapped = _own().mapped()
    assert any("python" in path for path in mapped)
    assert all(path.startswith("/") for path in mapped)


def test_a_process_that_has_ended_has_nothing(tmp_path: Path) -> None:
    """No error, no answer."""
    files = ProcessFiles(tmp_path / "gone")
    assert (files.read("/a", 1), files.names("/"), files.links()) == (b"", [], {})
    assert files.mapped() == frozenset()
    with files.executable() as fd:
        assert fd is None


@given(st.text(max_size=30))
def test_any_name_is_answered(name: str) -> None:
    """Zero bytes, dots, lone surrogates."""
    _own().read(name, 10)


def _own() -> ProcessFiles:
    from pathlib import Path

    return ProcessFiles(Path("/proc/self"))
