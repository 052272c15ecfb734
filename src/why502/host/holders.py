"""Which processes hold which sockets (/proc/PID/fd, proc(5)).

Costs one readlink for every open file that is looked at, 3 µs each and nearly all of it the kernel's: only done when
a socket appears whose holder is not known yet, and the thousands of connections of a large process are not looked at
without need.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.host.namespaces import PROC, pids, processes_text, refused
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

PREFIX: Final = "socket:["
COMMON_LIMIT: Final = 1024
"""Soft limit of open files that most processes run with (Linux INR_OPEN_CUR): who has more, has raised it for its
connections, and those come after the listeners, for the lowest free number is given (open(2))."""
COMMON_LIMIT_DIGITS: Final = len(str(COMMON_LIMIT))
INODES: Final = 1 << 32
"""Sockets are numbered in the order of their making, and begin anew after so many (`get_next_ino`, fs/inode.c)."""
SLACK: Final = 1024 * (os.cpu_count() or 1)
"""By which that order may be wrong: each processor takes LAST_INO_BATCH numbers at a time."""


class Descriptors(NamedTuple):
    """What was looked at of one process."""

    wanted: set[int]
    """Sockets among them that are asked for."""
    whole: bool
    oldest: int | None
    """The lowest number of a socket among them, in the order of making; None if there is none."""


def holders(inodes: Collection[int], root: Path = PROC) -> tuple[dict[int, tuple[int, ...]], tuple[Unseen, ...]]:
    """Socket inode -> the processes that hold it open (several after a fork), in order of their ids.

    Of a process with more than `COMMON_LIMIT` open files the later ones are looked at only for sockets that nobody
    holds among the first, and that are not older than all its sockets there: it would have had to be handed one.
    """
    wanted = {f"{PREFIX}{inode}]": inode for inode in inodes}
    found: dict[int, set[int]] = {}
    hidden = 0
    large: dict[str, int | None] = {}
    for pid in pids(root) if wanted else ():
        try:
            seen = _descriptors(f"{root}/{pid}/fd", wanted)
        except PermissionError:
            hidden += 1
        except OSError:  # the process has ended
            continue
        else:
            _note(seen, int(pid), found)
            if not seen.whole:
                large[pid] = seen.oldest
    missing = {link: inode for link, inode in wanted.items() if inode not in found}
    for pid, oldest in large.items():
        younger = {link: inode for link, inode in missing.items() if _younger(inode, oldest)}
        with suppress(OSError):
            if younger:
                _note(_descriptors(f"{root}/{pid}/fd", younger, to_the_end=True), int(pid), found)
    unseen = (Unseen(f"the open files of {processes_text(hidden)}", refused()),)
    return {inode: tuple(sorted(pids)) for inode, pids in found.items()}, unseen if hidden else ()


def _younger(inode: int, oldest: int | None) -> bool:
    """Whether a socket can have been made after the oldest one of a process.

    >>> _younger(5_000_000, 4_000_000), _younger(609, 4_000_000), _younger(17, INODES - 5), _younger(609, None)
    (True, False, True, True)
    """
    return oldest is None or _age(inode + SLACK, oldest) < INODES // 2


def _age(inode: int, than: int) -> int:
    return (inode - than) % INODES


def _note(seen: Descriptors, pid: int, found: dict[int, set[int]]) -> None:
    for inode in seen.wanted:
        found.setdefault(inode, set()).add(pid)


def _descriptors(folder: str, wanted: Mapping[str, int], *, to_the_end: bool = False) -> Descriptors:
    """What the descriptors of one process point to; those closed meanwhile are left out.

    The kernel lists them in ascending order (`proc_readfd_common`, fs/proc/fd.c). Names are looked up below an open
    folder: a third quicker than walking down from the root for each.
    """
    found: set[int] = set()
    oldest: int | None = None
    below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with os.scandir(below) as entries:
            for entry in entries:
                name = entry.name
                if len(name) >= COMMON_LIMIT_DIGITS and not to_the_end and int(name) >= COMMON_LIMIT:
                    return Descriptors(found, whole=False, oldest=oldest)
                try:
                    link = os.readlink(name, dir_fd=below)
                except PermissionError:  # names may be listed where what they stand for is closed to us (ptrace(2))
                    raise
                except OSError:
                    continue
                if not to_the_end and link.startswith(PREFIX):
                    number = int(link[len(PREFIX) : -1])
                    oldest = number if oldest is None or _age(number, oldest) > INODES // 2 else oldest
                if (inode := wanted.get(link)) is not None:
                    found.add(inode)
    finally:
        os.close(below)
    return Descriptors(found, whole=True, oldest=oldest)
