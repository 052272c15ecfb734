"""The command as a process of its own, which ends without Python's taking everything apart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from why502.errors import Exit

COMMAND = (sys.executable, "-m", "why502")

ARTICLE = str(Path(__file__).parents[2] / "examples" / "the-article")

LEAVING = """
import atexit, sys, threading
from why502 import cli

atexit.register(print, "cleaned up")
print("told", end=" ")
if "{busy}":
    threading.Thread(target=lambda: sys.stdin.read() and print("the thread is through")).start()
cli.main = lambda: sys.exit(3)
cli.script()
"""


@pytest.mark.parametrize("closed", [1, 2])
def test_a_stream_that_is_closed_is_no_defect(closed: int) -> None:
    done = subprocess.run([*COMMAND, "--version"], preexec_fn=lambda: os.close(closed), check=False)
    assert done.returncode == Exit.NOTHING_WRONG


def test_the_exit_status_is_that_of_the_command(tmp_path: Path) -> None:
    for arguments, status in (([ARTICLE], Exit.EXPLAINED), ([str(tmp_path / "missing.log")], Exit.WRONG_USE)):
        done = subprocess.run([*COMMAND, "diagnose", *arguments], capture_output=True, check=False)
        assert done.returncode == status, done.stderr


def test_what_is_to_be_done_at_the_end_is_done() -> None:
    done = subprocess.run([sys.executable, "-c", LEAVING.format(busy="")], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("told cleaned up\n", "", 3)


def test_threads_at_work_are_waited_for() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVING.format(busy="yes")], input="go", capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("told the thread is through\ncleaned up\n", 3)


LOADING = """
import importlib.abc, os, signal, sys
from why502.start import start

class Interrupting(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "why502.cli":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.{handler})
sys.meta_path.insert(0, Interrupting())
sys.argv = ["why502", "--version"]
start()
"""


@pytest.mark.parametrize(("handler", "status"), [("default_int_handler", -signal.SIGINT), ("SIG_IGN", 0)])
def test_an_interruption_while_it_loads_shows_no_traceback(handler: str, status: int) -> None:
    """The shell sees the signal; who ignores it goes on."""
    code = LOADING.format(handler=handler)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, "")
    assert bool(done.stdout) is (status == 0)


def test_a_mistyped_command_is_told_the_right_one() -> None:
    done = subprocess.run([*COMMAND, "diagnoze"], capture_output=True, text=True, check=False)
    assert done.returncode == Exit.WRONG_USE
    assert "No such command 'diagnoze'. Did you mean 'diagnose'?" in done.stderr
