"""Keeps a long record bounded: pairs of snapshots become one, and no peak is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from why502.model.host import Listener, Process, Snapshot


def thin(snapshots: list[Snapshot], limit: int) -> list[Snapshot]:
    """The same list up to `limit` snapshots; beyond that about half as many. First and last stay as they are."""
    if len(snapshots) <= limit or len(snapshots) < 4:
        return snapshots
    first, *middle, last = snapshots
    pairs = [merge(*middle[i : i + 2]) for i in range(0, len(middle), 2)]
    return [first, *pairs, last]


def merge(earlier: Snapshot, later: Snapshot | None = None) -> Snapshot:
    """The later snapshot, whose "since the previous snapshot" now reaches back over both."""
    if later is None:
        return earlier
    before = {listener.inode: listener for listener in earlier.listeners}
    listeners = tuple(_reach_back(one, before.get(one.inode)) for one in later.listeners)
    known = {(process.pid, process.start_s): process for process in earlier.processes}
    processes = tuple(_most_files(one, known.get((one.pid, one.start_s))) for one in later.processes)
    return msgspec.structs.replace(later, listeners=listeners, processes=processes)


def _reach_back(listener: Listener, before: Listener | None) -> Listener:
    if before is None or before.queue_len_max is None or before.queue_full_s is None:
        return listener
    return msgspec.structs.replace(
        listener,
        queue_len_max=max(before.queue_len_max, listener.queue_len_max or 0),
        queue_full_s=round(before.queue_full_s + (listener.queue_full_s or 0.0), 4),
    )


def _most_files(process: Process, before: Process | None) -> Process:
    known = [used for one in (before, process) if one for used in (one.fds_open, one.fds_open_max) if used is not None]
    return msgspec.structs.replace(process, fds_open_max=max(known)) if before and known else process
