"""A matrix that is interrupted: while its runs are made, and while they are under way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psutil
import pytest
from pyroute2 import netns

from why502.lab.namespaces import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.kernel

LIMIT_S = 120.0
RUNS = 2


def _names(pids: set[int]) -> list[str]:
    """Namespaces whose name carries the number of one of these processes."""
    return [n for n in netns.listnetns() if n.startswith(f"{PREFIX}-") and int(n.split("-")[1]) in pids]


def _pids(matrix: psutil.Process) -> set[int]:
    return {child.pid for child in matrix.children(recursive=True)}


def _first_namespace(matrix: psutil.Process) -> bool:
    """One has just been made, and the others are about to be."""
    return len(_names(_pids(matrix))) >= 1


def _all_loads(matrix: psutil.Process) -> bool:
    """The clients of all runs are at work."""
    commands = [_command(child) for child in matrix.children(recursive=True)]
    return sum("why502.lab.load" in words and "why502.lab.enter" not in words for words in commands) == RUNS


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended
        return []


@pytest.fixture
def room() -> Iterator[Path]:
    """Where temporary folders go; its path is short, since sockets lie in them."""
    with TemporaryDirectory(prefix="room") as name:
        yield Path(name)


@pytest.mark.parametrize("moment", [_first_namespace, _all_loads])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_interrupted_matrix_leaves_nothing(
    number: signal.Signals, moment: Callable[[psutil.Process], bool], tmp_path: Path, room: Path
) -> None:
    """No namespace, no process: not of the runs that were under way, and none that begins afterwards.

    Nor a folder, but for that of the matrix when it is killed, which the next one sweeps (`why502.scratch`).
    """
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    command = [sys.executable, "-m", "why502", "lab", "matrix", "--faults", "target-too-slow", "--jobs", str(RUNS)]
    environment = {**os.environ, "TMPDIR": str(room)}
    matrix = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path, env=environment)
    until_s = time.monotonic() + LIMIT_S
    while not moment(matrix):
        assert time.monotonic() < until_s
        assert matrix.poll() is None
        time.sleep(0.01)
    family = matrix.children(recursive=True)
    matrix.send_signal(number)
    matrix.wait(LIMIT_S)
    _, alive = psutil.wait_procs(family, LIMIT_S)
    assert alive == []
    assert _names({member.pid for member in family}) == []
    assert len(list(room.iterdir())) == (number is signal.SIGKILL)
