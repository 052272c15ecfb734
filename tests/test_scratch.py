from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from why502 import scratch
from why502.scratch import PREFIX, SETTLED_S, Scratch

HOLD = "from why502.scratch import Scratch; s = Scratch(); print(s.name, flush=True); input()"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def aged(folder: Path) -> Path:
    long_ago_s = folder.stat().st_mtime - 2 * SETTLED_S
    os.utime(folder, (long_ago_s, long_ago_s))
    return folder


def test_it_is_gone_after_use(room: Path) -> None:
    """With what is in it, and its lock with it."""
    with Scratch() as name:
        (Path(name) / "spilled").write_text("x")
        assert list(room.iterdir()) == [Path(name)]
    assert list(room.iterdir()) == []


def test_the_next_one_sweeps_what_a_killed_process_left_and_nothing_else(room: Path) -> None:
    """The folder of a living process, however old, a link, and what bears another name stay."""
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdout
        held = aged(Path(run.stdout.readline().decode().strip()))
        elsewhere = room / "mine"
        elsewhere.mkdir()
        (elsewhere / "kept").touch()
        link = room / f"{PREFIX}link"
        link.symlink_to(elsewhere)
        scratch.sweep()
        assert held.is_dir()
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert held.is_dir()
    with Scratch():
        assert not held.exists()
    assert (elsewhere / "kept").exists()
    assert link.is_symlink()


def test_a_folder_that_is_just_being_made_is_left_alone(room: Path) -> None:
    """Between its making and its locking it looks abandoned."""
    young = room / f"{PREFIX}young"
    young.mkdir()
    scratch.sweep()
    assert young.is_dir()
    aged(young)
    scratch.sweep()
    assert not young.exists()
