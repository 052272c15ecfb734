"""`python -m why502.lab.enter NETNS PARENT_PID PROGRAM ARGS...`: become PROGRAM inside a network namespace.

The process asks the kernel for SIGTERM at its parent's death (PR_SET_PDEATHSIG survives execve), so that nothing
outlives a lab that was killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from pyroute2 import netns

PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>."""


def main(arguments: list[str]) -> None:
    name, parent_pid, *program = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != int(parent_pid):
        sys.exit("the lab is gone")  # it died before the kernel knew our wish
    netns.setns(name, flags=0)
    os.execvp(program[0], program)  # noqa: S606 - an argument list, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
