"""Who the processes behind the listeners are: name, command, start, user, what runs in them (proc(5))."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import psutil

from why502.host import cgroups, descriptors, restarts
from why502.host.containers import container_of
from why502.host.frameworks import recognise
from why502.host.namespaces import PROC
from why502.host.redaction import redact
from why502.model.host import Process

if TYPE_CHECKING:
    from pathlib import Path


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


def is_still(process: Process) -> bool:
    """Whether it has not ended; another one may have its number by now."""
    try:
        return psutil.Process(process.pid).create_time() == process.start_s
    except psutil.Error:
        return False


def measure(process: Process, root: Path = PROC, groups: cgroups.Known | None = None) -> Process:
    """The same process with what changes from one look to the next; `groups` as `known` of `cgroups.read`."""
    folder = root / str(process.pid)
    fds_open, fds_limit = descriptors.read(folder)
    group, state = cgroups.read(folder, known=groups), read_state(folder)
    return msgspec.structs.replace(process, fds_open=fds_open, fds_limit=fds_limit, cgroup=group, state=state)


def read_state(folder: Path) -> str | None:
    """The state's letter of `/proc/PID/stat`; None if the process has ended.

    It comes after the name, which stands in brackets and may hold any byte, brackets too.
    """
    try:
        _, _, rest = (folder / "stat").read_bytes().rpartition(b")")
    except OSError:
        return None
    return rest[1:2].decode("ascii", "replace") or None


def _text(name: str) -> str:
    """Names are bytes to the kernel; what is not UTF-8 reads as U+FFFD, so that it can be written as JSON."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _command(process: psutil.Process) -> str:
    try:
        return redact(process.cmdline())
    except psutil.AccessDenied:
        return ""
