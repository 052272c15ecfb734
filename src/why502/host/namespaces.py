"""Network namespaces of this machine, and how to look into them (setns(2), namespaces(7)).

A socket or a file of /proc belongs to the namespace of the thread that opened it and stays there. So a thread
enters, opens, and ends; what it opened is then used from outside.
"""

from __future__ import annotations

import ctypes
import errno
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from why502.host.containers import container_of
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLONE_NEWNET: Final = 0x40000000
PROC: Final = Path("/proc")
FIRST_PID_NAMESPACE: Final = 0xEFFFFFFC
"""Inode of the one that the machine itself lives in (PROC_PID_INIT_INO, include/linux/proc_ns.h)."""
NAMED: Final = Path("/run/netns")
"""Where `ip netns add` leaves its names."""
NEEDS_PTRACE: Final = "not allowed: needs root (CAP_SYS_PTRACE)"
PROTECTED: Final = "not allowed, root or not: CAP_SYS_PTRACE is missing, or a security module protects it"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NetworkNamespace:
    """A network namespace and a way in."""

    inode: int
    door: Path
    """/proc/PID/ns/net or /run/netns/NAME"""
    name: str | None = None
    """Its name in /run/netns, else the container that lives in it, else what lsns(8) calls it; None: our own."""


def at(door: Path) -> NetworkNamespace:
    """The namespace behind one door; raises OSError if there is none."""
    name = None if door.parent.name == "ns" else door.name.encode("utf-8", "replace").decode("utf-8")
    return NetworkNamespace(door.stat().st_ino, door, name)


def find(root: Path = PROC, named: Path = NAMED) -> tuple[tuple[NetworkNamespace, ...], tuple[Unseen, ...]]:
    """Every network namespace that a name or a process leads to, our own first."""
    own = at(root / "self/ns/net")
    found = {own.inode: own}
    for door in sorted(named.iterdir()) if named.is_dir() else ():
        try:
            namespace = at(door)
        except OSError:  # being removed just now
            continue
        keep = found.get(namespace.inode, namespace)
        found[namespace.inode] = NetworkNamespace(keep.inode, keep.door, namespace.name)
    hidden = 0
    for pid in pids(root):
        try:
            inode = os.stat(f"{root}/{pid}/ns/net").st_ino  # noqa: PTH116 - thousands of processes, no Paths
        except PermissionError:
            hidden += 1
        except OSError:  # the process has ended
            continue
        else:
            if inode not in found:
                name = container_of(root / pid) or f"net:[{inode}]"
                found[inode] = NetworkNamespace(inode, root / pid / "ns/net", name)
    return tuple(found.values()), (*_unseen(hidden), *_outside(root))


def pids(root: Path = PROC) -> Iterator[str]:
    """Processes, as the names of their folders."""
    return (entry for entry in os.listdir(root) if entry.isdigit())  # noqa: PTH208 - as above


def inside(door: Path, work: Callable[[], T]) -> T:
    """What `work` answers when it runs in the namespace behind `door`; raises what it raises.

    Needs CAP_SYS_ADMIN, unless the door leads where we already are.
    """
    if door.stat().st_ino == at(Path("/proc/thread-self/ns/net")).inode:
        return work()

    def enter_and_work() -> T:
        _enter(door)
        return work()

    with ThreadPoolExecutor(max_workers=1) as visitor:
        return visitor.submit(enter_and_work).result()


def _enter(door: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with door.open("rb") as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(door))


def refused() -> str:
    """Why the kernel keeps a process from us (ptrace(2), "Ptrace access mode checking")."""
    return NEEDS_PTRACE if os.geteuid() else PROTECTED


def _unseen(hidden: int) -> tuple[Unseen, ...]:
    if not hidden:
        return ()
    return (Unseen(f"the network namespaces of {processes_text(hidden)}", refused()),)


def _outside(root: Path) -> tuple[Unseen, ...]:
    """Whatever lives outside of the container in which we run."""
    try:
        inode = (root / "self/ns/pid").stat().st_ino
    except OSError:
        return ()
    if inode == FIRST_PID_NAMESPACE:
        return ()
    return (Unseen("what runs outside of this PID namespace", "we are in a container: run it on the host itself"),)


def processes_text(count: int) -> str:
    """So many processes, in words.

    >>> processes_text(1), processes_text(2)
    ('1 process', '2 processes')
    """
    return f"{count} process" + ("es" if count != 1 else "")


def refusal(error: OSError) -> str:
    """Why a namespace stayed closed, in one phrase."""
    if error.errno in (errno.EPERM, errno.EACCES):
        return "not allowed: entering it needs root (CAP_SYS_ADMIN)"
    return error.strerror or str(error)
