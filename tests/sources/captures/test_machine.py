from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from why502.engine.keeping import cache_folder
from why502.sources.captures import compiling
from why502.sources.captures.compiling import digest, is_warm

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = "5"


@pytest.mark.skipif(os.environ.get("WHY502_SKIP_COMPILING") == "1", reason="compiling was asked to be skipped")
def test_machine_code_does_what_plain_python_does() -> None:
    """Recorded, odd and damaged captures: equal results, and no index outside of its array."""
    folder = cache_folder(f"{digest()}-checked")
    kept = {"NUMBA_CACHE_DIR": str(folder)} if folder else {}
    command = [sys.executable, "-m", "tests.sources.captures.comparing", SECONDS]
    done = subprocess.run(
        command, env={**os.environ, "NUMBA_BOUNDSCHECK": "1", **kept}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "are equal" in done.stdout


def test_nothing_is_warm_in_an_empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then larger captures than usual are read by plain Python."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not is_warm()


def test_machine_code_of_another_installation_is_none_for_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numba finds by path and time what it kept: equal files elsewhere, or installed anew, are compiled anew."""
    kernel = ModuleType("kernel")
    digests = []
    for folder, time_s in (("a", 1), ("a", 1), ("b", 1), ("b", 2)):
        path = tmp_path / folder / "kernel.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text("ONE = 1\n")
        os.utime(path, (time_s, time_s))
        kernel.__file__ = str(path)
        monkeypatch.setattr(compiling, "_modules", lambda: [kernel])
        digests.append(digest())
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
