from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from why502.engine import keeping
from why502.sources.captures import compiling
from why502.sources.captures.compiling import digest, is_warm, kept_as

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = "5"


@pytest.mark.skipif(os.environ.get("WHY502_SKIP_COMPILING") == "1", reason="compiling was asked to be skipped")
def test_machine_code_does_what_plain_python_does() -> None:
    """Recorded, odd and damaged captures: equal results, and no index outside of its array."""
    command = [sys.executable, "-m", "tests.sources.captures.comparing", SECONDS]
    checked = {**os.environ, "NUMBA_BOUNDSCHECK": "1"}
    done = subprocess.run(command, env=checked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "are equal" in done.stdout


BEYOND_ITS_TABLE = """
import numpy as np
from why502.sources.captures.compiling import compiled
from why502.sources.captures.kernels.layout import M_USED, META_WORDS

meta = np.zeros(META_WORDS, np.int64)
meta[M_USED] = 2
compiled()["refill"](np.zeros(8, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64), meta)
"""


@pytest.mark.skipif(os.environ.get("WHY502_SKIP_COMPILING") == "1", reason="compiling was asked to be skipped")
def test_checked_machine_code_says_when_it_leaves_an_array() -> None:
    checked = {**os.environ, "NUMBA_BOUNDSCHECK": "1"}
    done = subprocess.run([sys.executable, "-c", BEYOND_ITS_TABLE], env=checked, capture_output=True, check=False)
    assert done.stderr.splitlines()[-1].startswith(b"IndexError")


def test_nothing_is_warm_in_an_empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then larger captures than usual are read by plain Python."""
    monkeypatch.setattr(keeping, "cache_root", lambda: tmp_path)
    assert not is_warm()
    keeping.keep(keeping.cache_folder("captures"), f"judge-{digest()}", b"code")
    assert is_warm()


def test_checked_code_is_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is to be served machine code that asks at every index."""
    monkeypatch.delenv("NUMBA_BOUNDSCHECK", raising=False)
    plain = kept_as("track")
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    assert kept_as("track") != plain


def test_machine_code_is_that_of_these_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another installation of the same kernels has the same; changed kernels are compiled anew."""
    kernel = ModuleType("kernel")
    monkeypatch.setattr(compiling, "_modules", lambda: [kernel])
    digests = []
    for folder, text in (("a", "ONE = 1\n"), ("b", "ONE = 1\n"), ("b", "ONE = 2\n")):
        path = tmp_path / folder / "kernel.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        kernel.__file__ = str(path)
        digests.append(digest.__wrapped__())
    assert digests[0] == digests[1] != digests[2]
