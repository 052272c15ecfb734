"""A private place to trace kernel events in, removed again whatever happens (Documentation/trace/ftrace.rst).

An instance has its own buffer and its own switches: what others trace on this machine is not touched. Where
tracefs is not mounted, we mount it for ourselves: on no folder, but held by a descriptor, so that it is gone with
us by any end (fsmount(2), Linux 5.2); on older kernels on a folder of ours.
"""

from __future__ import annotations

import ctypes
import errno
import os
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOUNTS: Final = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
BUFFER_KIB: Final = 1024
"""For each processor."""
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MNT_DETACH: Final = 2
BUSY_TRIES: Final = 50
SYS_FSOPEN, SYS_FSCONFIG, SYS_FSMOUNT = 430, 431, 432
"""The same on every architecture (include/uapi/asm-generic/unistd.h)."""
FSOPEN_CLOEXEC, FSCONFIG_CMD_CREATE, FSMOUNT_CLOEXEC = 1, 6, 1
MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 2, 4, 8
PREFIX: Final = "why502-"


@contextmanager
def instance() -> Iterator[Path]:
    """The folder of a new instance that counts time like `time.monotonic`; raises OSError without the rights."""
    with ExitStack() as stack:
        instances = stack.enter_context(mounted()) / "instances"
        _sweep(instances)
        folder = instances / f"{PREFIX}{os.getpid()}-{time.monotonic_ns()}"
        folder.mkdir()
        stack.callback(_remove, folder)
        (folder / "trace_clock").write_text("mono")
        (folder / "buffer_size_kb").write_text(str(BUFFER_KIB))
        yield folder


def enable(folder: Path, event: str, condition: str = "") -> None:
    """Switch one event on, filtered where the kernel knows the fields; raises OSError if there is no such event."""
    if condition:
        try:
            (folder / "events" / event / "filter").write_text(condition)
        except OSError as error:
            if isinstance(error, FileNotFoundError | PermissionError):
                raise  # the event itself; an older kernel that lacks a field says EINVAL, and gives us more lines
    (folder / "events" / event / "enable").write_text("1")


@contextmanager
def mounted() -> Iterator[Path]:
    """Where tracefs can be seen, for as long as needed."""
    for place in MOUNTS:
        if (place / "instances").is_dir():
            yield place
            return
    try:
        mounted = _detached()
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
    else:
        try:
            yield Path(f"/proc/self/fd/{mounted}")
        finally:
            os.close(mounted)
        return
    with tempfile.TemporaryDirectory(prefix=f"why502-tracefs-{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        _call("mount", b"why502", os.fsencode(folder), b"tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)
        try:
            yield Path(folder)
        finally:
            _call("umount2", os.fsencode(folder), MNT_DETACH)


def _detached() -> int:
    """A mount of tracefs that no path leads to."""
    opened = _call("syscall", SYS_FSOPEN, b"tracefs", FSOPEN_CLOEXEC)
    try:
        _call("syscall", SYS_FSCONFIG, opened, FSCONFIG_CMD_CREATE, None, None, 0)
        attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC
        return _call("syscall", SYS_FSMOUNT, opened, FSMOUNT_CLOEXEC, attributes)
    finally:
        os.close(opened)


def _remove(folder: Path) -> None:
    """The kernel says EBUSY until every reader of the instance has let go."""
    (folder / "events/enable").write_text("0")
    for _ in range(BUSY_TRIES):
        try:
            folder.rmdir()
        except OSError:
            time.sleep(0.02)
        else:
            return
    folder.rmdir()


def _sweep(instances: Path) -> None:
    """Remove what a killed why502 left behind; the kernel does not let go of one that is still read."""
    for folder in instances.glob(f"{PREFIX}*"):
        if not Path("/proc", folder.name.removeprefix(PREFIX).partition("-")[0]).exists():
            with suppress(OSError):
                folder.rmdir()


def _call(name: str, *arguments: bytes | int | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    answer: int = getattr(libc, name)(*arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
