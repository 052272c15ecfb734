from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from pyroute2 import netns

from why502.host.namespaces import NAMED
from why502.lab import namespaces
from why502.lab.namespaces import PREFIX

pytestmark = pytest.mark.kernel


def test_sweep_takes_only_what_a_dead_lab_left() -> None:
    """Not what belongs to a living process, nor what merely looks alike."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    dead, living, foreign = (
        f"{PREFIX}-{gone.pid}-ab12cd-proxy",
        f"{PREFIX}-{os.getpid()}-ab12cd-proxy",
        f"{PREFIX}x-{gone.pid}-ab12cd",
    )
    try:
        for name in (dead, living, foreign):
            namespaces.create(name)
        namespaces.sweep()
        assert dead not in netns.listnetns()
        assert {living, foreign} <= set(netns.listnetns())
    finally:
        for name in (dead, living, foreign):
            namespaces.remove(name)


def test_sweep_ends_what_a_dead_lab_left_running() -> None:
    """Even what was stopped, as a scenario's target is: the SIGTERM of its parent's death never reached it."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    name = f"{PREFIX}-{gone.pid}-ab12cd-target"
    namespaces.create(name)
    command = [sys.executable, "-m", "why502.lab.enter", str(NAMED / name), str(os.getpid()), "sleep", "600"]
    with subprocess.Popen(command) as left:
        try:
            inode = (NAMED / name).stat().st_ino
            while Path(f"/proc/{left.pid}/ns/net").stat().st_ino != inode:
                assert left.poll() is None
                time.sleep(0.01)
            left.send_signal(signal.SIGSTOP)
            namespaces.sweep()
            assert not psutil.pid_exists(left.pid)
            assert name not in netns.listnetns()
        finally:
            left.kill()
            namespaces.remove(name)


def test_many_are_made_and_removed_at_once() -> None:
    """Each is there under its name, and none is left."""
    stem = namespaces.stem()
    names = [f"{stem}-{number}" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(namespaces.create, names))
        assert set(names) <= set(netns.listnetns())
        list(pool.map(namespaces.remove, names))
    assert set(names).isdisjoint(netns.listnetns())


def test_removing_what_is_not_there_is_no_error() -> None:
    """Another lab may have swept it."""
    namespaces.remove(f"{namespaces.stem()}-nobody")
