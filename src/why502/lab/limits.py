"""Limits of a target's process: control groups (cgroups(7), both versions) and open files. Gone with the process."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from why502.errors import Why502Error
from why502.lab.namespaces import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

MOUNT: Final = Path("/sys/fs/cgroup")
PERIOD_US: Final = 100_000
"""The kernel's default period of the processor's quota."""
EMPTY_LIMIT_S: Final = 5.0
"""A dead process leaves its group a moment after it was reaped."""


@dataclass(frozen=True, slots=True)
class Limits:
    """None: no limit."""

    cpu_cores: float | None = None
    memory_bytes: int | None = None
    descriptors: int | None = None

    def controllers(self) -> dict[str, dict[str, str]]:
        """Controller -> file -> value, as this machine's version writes them."""
        found: dict[str, dict[str, str]] = {}
        if self.cpu_cores is not None:
            quota = str(round(self.cpu_cores * PERIOD_US))
            files = {"cpu.max": f"{quota} {PERIOD_US}"} if _unified() else {"cpu.cfs_quota_us": quota}
            found["cpu"] = files
        if self.memory_bytes is not None:
            name = "memory.max" if _unified() else "memory.limit_in_bytes"
            found["memory"] = {name: str(self.memory_bytes)}
        return found


def _unified() -> bool:
    return (MOUNT / "cgroup.controllers").exists()


@contextlib.contextmanager
def limited(pid: int, limits: Limits) -> Iterator[None]:
    """Put a process under its limits; at the end, when it has to be dead, remove its groups."""
    if limits.descriptors is not None:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (limits.descriptors, limits.descriptors))
    name = f"{PREFIX}-{os.getpid()}-{secrets.token_hex(3)}"
    with contextlib.ExitStack() as stack:
        for controller, files in limits.controllers().items():
            group = (MOUNT if _unified() else MOUNT / controller) / name
            stack.callback(_remove, group)
            _fill(group, controller, files, pid)
        yield


def _fill(group: Path, controller: str, files: dict[str, str], pid: int) -> None:
    try:
        if _unified():
            (MOUNT / "cgroup.subtree_control").write_text(f"+{controller}")
        group.mkdir(exist_ok=True)
        for file, value in files.items():
            (group / file).write_text(value)
        (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        raise Why502Error("cannot limit a process of the lab", where=str(group), why=error.strerror or "") from error


def _remove(group: Path) -> None:
    until_s = time.monotonic() + EMPTY_LIMIT_S
    while group.exists():
        try:
            group.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > until_s:
                raise
            time.sleep(0.01)


def sweep() -> None:
    """Remove the groups of labs whose process is dead."""
    for pattern in (f"{PREFIX}-*", f"*/{PREFIX}-*"):
        for group in MOUNT.glob(pattern):
            pid = group.name.split("-")[1]
            if pid.isdigit() and not Path(f"/proc/{pid}").exists():
                with contextlib.suppress(OSError):  # somebody still lives there, or another lab was faster
                    group.rmdir()
