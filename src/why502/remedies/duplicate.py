"""A listening socket of another process, in our hands for a moment (pidfd_open(2), pidfd_getfd(2), Linux 5.6).

The process notices nothing: the duplicate shares its socket, not its descriptor. Closing it closes nothing there.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from why502.errors import Why502Error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.host import Listener, Process

SYS_PIDFD_GETFD: Final = 438
"""The same on every architecture (include/uapi/asm-generic/unistd.h)."""
CLOCK_S: Final = 0.5
"""By which two computations of a start time may differ: the clock may be set in between."""
HOW: Final = "cannot duplicate the socket"


@contextmanager
def duplicated(listener: Listener, process: Process) -> Iterator[socket.socket]:
    """The very socket of this listener, verified to be it; Why502Error if that cannot be had."""
    where = f"{process.name} {process.pid}"
    with ExitStack() as stack:
        try:
            pidfd = os.pidfd_open(process.pid)
            stack.callback(os.close, pidfd)
            _require_same(process, where)
            sock = stack.enter_context(socket.socket(fileno=_getfd(pidfd, _descriptor(listener, process))))
            inode = os.fstat(sock.fileno()).st_ino
        except OSError as error:
            raise _refusal(error, where) from error
        listens = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if inode != listener.inode or not listens or sock.proto != socket.IPPROTO_TCP:
            raise Why502Error(HOW, where=where, why="it is no longer the listener that was found")
        yield sock


def start_ticks(pid: int) -> int | None:
    """When a process was started, in clock ticks since boot (proc_pid_stat(5)); None if it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    return int(stat.rpartition(b")")[2].split()[19])


def _require_same(process: Process, where: str) -> None:
    """The id may belong to another process by now; from here on the pidfd holds it."""
    try:
        start_s = psutil.Process(process.pid).create_time()
    except psutil.Error:
        start_s = None
    if start_s is None or process.start_s is None or abs(start_s - process.start_s) > CLOCK_S:
        raise Why502Error(HOW, where=where, why="the process is gone")


def _descriptor(listener: Listener, process: Process) -> int:
    """The number under which the process knows the socket."""
    folder = f"/proc/{process.pid}/fd"
    for name in os.listdir(folder):  # noqa: PTH208 - names, no paths
        try:
            if os.readlink(f"{folder}/{name}") == f"socket:[{listener.inode}]":  # noqa: PTH115 - no path either
                return int(name)
        except FileNotFoundError:
            continue
    raise OSError(errno.EBADF, "the process has closed it")


def _getfd(pidfd: int, descriptor: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    number: int = libc.syscall(SYS_PIDFD_GETFD, pidfd, descriptor, 0)
    if number < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return number


def _refusal(error: OSError, where: str) -> Why502Error:
    if error.errno in (errno.EPERM, errno.EACCES):
        why = "not allowed: needs root (CAP_SYS_PTRACE)"
        return Why502Error(HOW, where=where, why=why, hint="run it with sudo")
    if error.errno == errno.ENOSYS:
        return Why502Error(HOW, where=where, why="this kernel has no pidfd_getfd (Linux 5.6)")
    if error.errno == errno.ESRCH:
        return Why502Error(HOW, where=where, why="the process is gone")
    return Why502Error(HOW, where=where, why=error.strerror or str(error))
