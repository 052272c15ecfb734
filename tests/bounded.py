"""Code that must come to its end: an input of a few megabytes which, looked through from each of its characters on to
its end, would take hours.
"""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

CPU_S = 120
"""Hundreds of times what it takes."""


def ends(code: str) -> str:
    """What the code printed; it runs in a process of its own, whose processor time the kernel limits."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_CPU, ({CPU_S}, {CPU_S}))\n"
    done = subprocess.run([sys.executable, "-c", limit + dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr or f"ended by signal {-done.returncode}"
    return done.stdout.strip()
