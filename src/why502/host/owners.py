"""Who owns the listeners, remembered between snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from why502.host import descriptors, processes
from why502.host.holders import holders
from why502.host.namespaces import PROC

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from why502.host.cgroups import Known
    from why502.model.host import Listener, Process, Unseen


class Owners:
    """Asks /proc again only when a listener appears that was not there before, or an owner has ended."""

    def __init__(self) -> None:
        self.unseen: tuple[Unseen, ...] = ()
        self._pids: dict[int, tuple[int, ...]] = {}
        self._processes: dict[int, Process | None] = {}
        self._again: set[int] = set()
        """Owners of listeners that are new."""
        self._files: dict[int, int] = {}
        """Most open files of an owner since its last measurement."""

    def of(self, listeners: Sequence[Listener]) -> list[Listener]:
        """The listeners with the processes that hold them."""
        inodes = {listener.inode for listener in listeners}
        if not inodes <= self._pids.keys() or not all(map(_lives, self._holders(inodes))):
            found, self.unseen = holders(inodes)
            self._again = {pid for inode in inodes - self._pids.keys() for pid in found.get(inode, ())}
            self._pids = {inode: found.get(inode, ()) for inode in inodes}
            self._processes = {pid: one for pid, one in self._processes.items() if one and processes.is_still(one)}
        return [msgspec.structs.replace(one, pids=self._pids[one.inode]) for one in listeners]

    def processes(self, listeners: Sequence[Listener], *, whole: bool) -> tuple[Process, ...]:
        """The owners, each once; who they are is remembered, how much they use is asked anew.

        What runs in them is only told when they or a listener of theirs are first seen, unless the `whole` is asked
        for: a record of hours would repeat it every second.
        """
        pids = sorted(self._holders({listener.inode for listener in listeners}))
        new = {pid for pid in pids if pid not in self._processes} | self._again
        self._again = set()
        described = [process for pid in pids if (process := self._describe(pid)) is not None]
        groups: Known = {}
        files, self._files = self._files, {}
        measured = (
            processes.measure(process if whole or process.pid in new else _brief(process), groups=groups)
            for process in described
        )
        return tuple(_with_peak(process, files.get(process.pid)) for process in measured)

    def look_at_files(self, waiting: Iterable[int]) -> None:
        """How many files the owners of these listeners have open just now; by the inodes of their sockets."""
        for pid in self._holders(set(waiting)):
            used = descriptors.peek(PROC / str(pid))
            if used is not None:
                self._files[pid] = max(used, self._files.get(pid, 0))

    def _holders(self, inodes: set[int]) -> set[int]:
        return {pid for inode in inodes for pid in self._pids.get(inode, ())}

    def _describe(self, pid: int) -> Process | None:
        if pid not in self._processes:
            self._processes[pid] = processes.describe(pid)
        return self._processes[pid]


def _brief(process: Process) -> Process:
    return msgspec.structs.replace(process, server=None, software=())


def _with_peak(process: Process, most: int | None) -> Process:
    if most is None:
        return process
    return msgspec.structs.replace(process, fds_open_max=max(most, process.fds_open or 0))


def _lives(pid: int) -> bool:
    return (PROC / str(pid)).exists()
