"""Limits of a real process; the groups are gone with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from why502.host import cgroups
from why502.lab import limits
from why502.lab.limits import MOUNT, Limits, limited
from why502.lab.namespaces import PREFIX

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make control groups")]

WAITS = "import sys; sys.stdin.read()"
EATS = "import sys; sys.stdin.read(1); kept = [bytearray(b'x') * (1 << 20) for _ in range(256)]"


def _started(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)


def _groups(pid: int) -> list[Path]:
    return [*MOUNT.glob(f"{PREFIX}-{pid}-*"), *MOUNT.glob(f"*/{PREFIX}-{pid}-*")]


def test_a_quota_of_the_processor_is_that_of_the_process() -> None:
    """As the host's reader sees it; nothing is left afterwards."""
    process = _started(WAITS)
    with limited(process.pid, Limits(cpu_cores=0.05)):
        found = cgroups.read(Path(f"/proc/{process.pid}"))
        assert found is not None
        assert found.cpu_quota_cores == pytest.approx(0.05)
        assert _groups(os.getpid())
        process.communicate()
    assert _groups(os.getpid()) == []


def test_a_process_beyond_its_memory_is_killed() -> None:
    """By the kernel."""
    process = _started(EATS)
    with limited(process.pid, Limits(memory_bytes=64 << 20)):
        process.communicate(b"x")
    assert process.returncode == -signal.SIGKILL
    assert _groups(os.getpid()) == []


def test_a_process_gets_no_more_files_than_its_limit() -> None:
    """Those that it has stay open."""
    process = _started(WAITS)
    with limited(process.pid, Limits(descriptors=24)):
        told = Path(f"/proc/{process.pid}/limits").read_text()
        assert next(line.split()[3:5] for line in told.splitlines() if "open files" in line) == ["24", "24"]
        process.communicate()


def test_groups_of_a_dead_lab_are_swept() -> None:
    """Those of a living one stay."""
    with _started("") as gone:
        gone.communicate()
    parent = MOUNT if (MOUNT / "cgroup.controllers").exists() else MOUNT / "cpu"
    dead, living = parent / f"{PREFIX}-{gone.pid}-ab12cd", parent / f"{PREFIX}-{os.getpid()}-ab12cd"
    try:
        for group in (dead, living):
            group.mkdir()
        limits.sweep()
        assert not dead.exists()
        assert living.exists()
    finally:
        for group in (dead, living):
            if group.exists():
                group.rmdir()
