from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

from why502.host.processes import describe, measure, read_state

if TYPE_CHECKING:
    from pathlib import Path


def test_own_process_is_described() -> None:
    """Name, command, start, user."""
    process = describe(os.getpid())
    assert process is not None
    assert process.pid == os.getpid()
    assert "python" in process.command
    assert process.start_s is not None
    assert process.user


def test_a_process_that_has_ended_is_none() -> None:
    """Beyond the largest process id nobody lives."""
    assert describe(1 << 30) is None


def test_the_state_is_read_past_a_name_with_brackets(tmp_path: Path) -> None:
    """proc(5): the name may hold what it likes."""
    (tmp_path / "stat").write_bytes(b"77 (a) R (b)) T 1 77 77 0 -1\n")
    assert read_state(tmp_path) == "T"
    assert read_state(tmp_path / "nobody") is None


def test_a_process_that_is_stopped_says_so() -> None:
    """SIGSTOP; `waitid` comes back when it has taken effect."""
    child = subprocess.Popen(["sleep", "60"])
    try:
        child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        told = describe(child.pid)
        assert told is not None
        assert measure(told).stopped
    finally:
        child.kill()
        child.wait()
