from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from pyroute2 import netns

from why502.lab.hosts import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

LIMIT_S = 60.0
SETTLED_S = 1.5
"""Until the runs are under way, and no namespace is half made."""


def _namespaces_of(matrix: psutil.Process) -> set[str]:
    """Those whose name carries the number of one of its processes."""
    pids = {str(child.pid) for child in matrix.children(recursive=True)}
    return {name for name in netns.listnetns() if name.startswith(PREFIX) and name.split("-")[1] in pids}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_interrupted_matrix_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    """No namespace, no process: not of the runs that were under way, and none that begins afterwards."""
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    command = [sys.executable, "-m", "why502", "lab", "matrix", "--faults", "target-too-slow", "--jobs", "2"]
    matrix = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
    until_s = time.monotonic() + LIMIT_S
    while len(made := _namespaces_of(matrix)) < 4:
        assert time.monotonic() < until_s
        time.sleep(0.05)
    time.sleep(SETTLED_S)
    family = matrix.children(recursive=True)
    matrix.send_signal(number)
    matrix.wait(LIMIT_S)
    _, alive = psutil.wait_procs(family, LIMIT_S)
    assert alive == []
    assert made.isdisjoint(netns.listnetns())
