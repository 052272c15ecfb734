from __future__ import annotations

import os

from why502.host.processes import describe


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
