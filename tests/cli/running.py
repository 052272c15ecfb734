"""Runs the command as a user does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal

PATIENCE_S = 30


def why502(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Stdout and stderr are pipes; `environment` is added to the caller's."""
    inherited = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "NO_COLOR"}}
    return subprocess.run(
        [sys.executable, "-m", "why502", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**inherited, **environment},
    )


def wait_until_caught(pid: int, number: signal.Signals) -> None:
    """Until the process has a handler for a signal (`SigCgt`, proc_pid_status(5)); sent before, it would just kill."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        caught = re.search(r"^SigCgt:\t([0-9a-f]+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        if caught and int(caught[1], 16) >> (number - 1) & 1:
            return
        time.sleep(0.005)
    raise AssertionError(f"process {pid} never caught {number.name}")
