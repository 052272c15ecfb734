"""Runs the command as a user does."""

from __future__ import annotations

import os
import subprocess
import sys

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
