"""`python -m why502.lab.enter DOOR PARENT_PID PROGRAM ARGS...`: become PROGRAM in the network namespace behind DOOR.

The process asks the kernel for SIGTERM at its parent's death (PR_SET_PDEATHSIG survives execve), so that nothing
outlives a lab that was killed. Every program of a run comes through here: nothing is imported that takes long.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>."""
CLONE_NEWNET = 0x40000000
"""From <linux/sched.h>."""


def main(arguments: list[str]) -> None:
    door, parent_pid, *program = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != int(parent_pid):
        sys.exit("the lab is gone")  # it died before the kernel knew our wish
    handle = os.open(door, os.O_RDONLY | os.O_CLOEXEC)
    if libc.setns(handle, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns", door)
    os.execvp(program[0], program)  # noqa: S606 - an argument list, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
