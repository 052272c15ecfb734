"""Which processes own which sockets (/proc/PID/fd, proc(5)), and who they are.

Costs one readlink for every open file of every process, about 3 µs each: only done when a socket appears whose
owner is not known yet.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import msgspec
import psutil

from why502.host import cgroups, descriptors, restarts
from why502.host.containers import container_of
from why502.host.frameworks import recognise
from why502.host.namespaces import NEEDS_PTRACE, PROC, pids, processes_text
from why502.host.redaction import redact
from why502.model.host import Process, Unseen

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

PREFIX: Final = "socket:["


def owners(inodes: Collection[int], root: Path = PROC) -> tuple[dict[int, tuple[int, ...]], tuple[Unseen, ...]]:
    """Socket inode -> the processes that hold it open (several after a fork), in order of their ids."""
    wanted = {f"{PREFIX}{inode}]": inode for inode in inodes}
    found: dict[int, set[int]] = {}
    hidden = 0
    for pid in pids(root) if wanted else ():
        try:
            links = _links(f"{root}/{pid}/fd")
        except PermissionError:
            hidden += 1
        except OSError:  # the process has ended
            continue
        else:
            for link in links & wanted.keys():
                found.setdefault(wanted[link], set()).add(int(pid))
    unseen = (Unseen(f"the open files of {processes_text(hidden)}", NEEDS_PTRACE),)
    return {inode: tuple(sorted(holders)) for inode, holders in found.items()}, unseen if hidden else ()


def _links(folder: str) -> set[str]:
    """What the descriptors of one process point to; those closed meanwhile are left out.

    Names are looked up below an open folder: a third quicker than walking down from the root for each.
    """
    found: set[str] = set()
    below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in os.listdir(below):  # noqa: PTH208 - an open folder is no path
            try:
                found.add(os.readlink(name, dir_fd=below))
            except OSError:
                continue
    finally:
        os.close(below)
    return found


def describe(pid: int, root: Path = PROC) -> Process | None:
    """The process as of now; None if it has ended."""
    try:
        process = psutil.Process(pid)
        server, software = recognise(pid, root)
        with process.oneshot():
            return Process(
                pid=pid,
                name=_text(process.name()),
                command=_text(_command(process)),
                start_s=process.create_time(),
                user=process.username(),
                container=container_of(root / str(pid)),
                server=server,
                software=software,
                restarts=restarts.read(root / str(pid)),
            )
    except psutil.Error:
        return None


def measure(process: Process, root: Path = PROC) -> Process:
    """The same process with what changes from one look to the next."""
    fds_open, fds_limit = descriptors.read(root / str(process.pid))
    return msgspec.structs.replace(
        process, fds_open=fds_open, fds_limit=fds_limit, cgroup=cgroups.read(root / str(process.pid))
    )


def _text(name: str) -> str:
    """Names are bytes to the kernel; what is not UTF-8 reads as U+FFFD, so that it can be written as JSON."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _command(process: psutil.Process) -> str:
    try:
        return redact(process.cmdline())
    except psutil.AccessDenied:
        return ""
