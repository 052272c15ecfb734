"""Files as a process sees them, opened without being led out of its root.

A container is a stranger's: its links may point anywhere and its names may be pipes. `/proc/PID/root` alone does not
help, as an absolute link below it leads back to our own files; `openat2` with RESOLVE_IN_ROOT does (Linux 5.6,
openat2(2)). Where it is missing, only processes that have our own root are looked into.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SYS_OPENAT2: Final = 437
"""The same on every architecture."""
RESOLVE_IN_ROOT: Final = 0x10
RESOLVE_NO_MAGICLINKS: Final = 0x02
READ_ONLY: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
LIBC: Final = ctypes.CDLL(None, use_errno=True)
MAX_NAMES: Final = 20_000
MAX_MAPS_BYTES: Final = 4 << 20
"""Some 40,000 mappings; the kernel allows 65,530 by default."""
MAX_FDS: Final = 4_096
"""Of one process: what it opened at its start has the low numbers."""


class OpenHow(ctypes.Structure):
    """`struct open_how` of linux/openat2.h."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class ProcessFiles:
    """Regular files and folders below `process/root`; `process` is /proc/PID.

    What is missing, forbidden or no regular file is absent: nothing here raises OSError.
    """

    def __init__(self, process: Path) -> None:
        self.process = process

    @contextmanager
    def opened(self, path: str) -> Iterator[int | None]:
        """A descriptor of a regular file, None if there is none."""
        yield from _given_back(_regular(self._open(path)))

    @contextmanager
    def executable(self) -> Iterator[int | None]:
        """The running binary, even if its file was replaced since."""
        yield from _given_back(_regular(_plainly(f"{self.process}/exe")))

    @contextmanager
    def held(self, number: int) -> Iterator[int | None]:
        """The very file behind one of the process's descriptors, even if it was replaced since."""
        link = f"{self.process}/fd/{number}"
        yield from _given_back(_regular(_plainly(link)) if _is_regular(link) else None)

    def read(self, path: str, limit: int) -> bytes:
        """The first `limit` bytes of a file; empty if there is none."""
        with self.opened(path) as fd:
            return os.pread(fd, limit, 0) if fd is not None else b""

    def names(self, folder: str) -> list[str]:
        """What a folder holds, at most `MAX_NAMES`; empty if there is none."""
        fd = self._open(folder, os.O_DIRECTORY)
        if fd is None:
            return []
        try:
            with os.scandir(fd) as entries:
                return [entry.name for entry in islice(entries, MAX_NAMES)]
        except OSError:
            return []
        finally:
            os.close(fd)

    def links(self) -> dict[int, str]:
        """Open descriptors -> what they point to, the lowest numbers."""
        try:
            numbers = sorted(int(name) for name in os.listdir(self.process / "fd"))[:MAX_FDS]  # noqa: PTH208 - many
        except OSError:
            return {}
        found = ((number, _link(f"{self.process}/fd/{number}")) for number in numbers)
        return {number: target for number, target in found if target is not None}

    def mapped(self) -> frozenset[str]:
        """Files that are mapped into its memory, libraries and extension modules among them (proc(5) maps)."""
        try:
            with (self.process / "maps").open("rb") as file:
                lines = file.read(MAX_MAPS_BYTES).decode("utf-8", "replace").splitlines()
        except OSError:
            return frozenset()
        fields = (line.split(maxsplit=5) for line in lines)
        return frozenset(found[5] for found in fields if len(found) == 6 and found[5].startswith("/"))

    def _open(self, path: str, flags: int = 0) -> int | None:
        try:
            root = os.open(self.process / "root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            return _below(root, path, READ_ONLY | flags)
        except (OSError, ValueError):  # ValueError: a zero byte in the name
            return None
        finally:
            os.close(root)


def _below(root: int, path: str, flags: int) -> int | None:
    """Opened in two steps: nothing but files and folders is opened for reading, as opening a device can do things."""
    how = OpenHow(os.O_PATH | os.O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
    name = os.fsencode(path)
    if b"\0" in name:
        return None
    fd: int = LIBC.syscall(SYS_OPENAT2, root, name, ctypes.byref(how), ctypes.sizeof(how))
    if fd >= 0:
        return _for_reading(fd, flags)
    if ctypes.get_errno() not in (errno.ENOSYS, errno.EPERM) or not os.path.samestat(os.fstat(root), Path("/").stat()):
        return None
    return os.open(path, flags)


def _for_reading(fd: int, flags: int) -> int | None:
    """Opens again what an O_PATH descriptor stands for, and closes that."""
    try:
        mode = os.fstat(fd).st_mode
        fits = stat.S_ISDIR(mode) if flags & os.O_DIRECTORY else stat.S_ISREG(mode)
        return os.open(f"/proc/self/fd/{fd}", flags) if fits else None
    finally:
        os.close(fd)


def _plainly(path: str) -> int | None:
    try:
        return os.open(path, READ_ONLY)
    except OSError:
        return None


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - a link of /proc, no Path
    except OSError:
        return False


def _regular(fd: int | None) -> int | None:
    if fd is not None and not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        return None
    return fd


def _given_back(fd: int | None) -> Iterator[int | None]:
    try:
        yield fd
    finally:
        if fd is not None:
            os.close(fd)


def _link(path: str) -> str | None:
    try:
        return os.fsencode(os.readlink(path)).decode("utf-8", "replace")  # noqa: PTH115 - thousands
    except OSError:
        return None
