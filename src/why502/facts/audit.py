"""Every listener of a host, judged: what `why502 host` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from why502.facts.backlog import AT_RISK, BacklogRisk, Level, judge_backlog
from why502.model.host import HostRecord, Listener, Namespace, Process, Unseen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.host import Snapshot


class Audited(Struct, frozen=True):
    """One listener with its surroundings."""

    listener: Listener
    namespace: Namespace | None
    processes: tuple[Process, ...]
    watched_s: float
    drops_grown: int | None
    """None: there was only one look, or the kernel does not tell."""
    overflows_grown: int | None
    """Of its namespace, while watched."""
    risk: BacklogRisk


class Audit(Struct, frozen=True):
    """The whole host, worst listener first."""

    hostname: str
    kernel: str
    at_s: float
    watched_s: float
    listeners: tuple[Audited, ...]
    unseen: tuple[Unseen, ...]

    @property
    def wrong(self) -> tuple[Audited, ...]:
        return self._of({Level.DROPPING})

    @property
    def at_risk(self) -> tuple[Audited, ...]:
        return self._of(AT_RISK)

    @property
    def fine(self) -> tuple[Audited, ...]:
        return self._of(set(Level) - AT_RISK - {Level.DROPPING})

    def _of(self, levels: set[Level] | frozenset[Level]) -> tuple[Audited, ...]:
        return tuple(audited for audited in self.listeners if audited.risk.level in levels)


def audit(record: HostRecord) -> Audit:
    """Judge the listeners of the last snapshot, by what changed since the first."""
    first, last = record.snapshots[0], record.snapshots[-1]
    watched_s = last.at_s - first.at_s
    before = {listener.inode: listener for listener in first.listeners}
    processes = {process.pid: process for process in last.processes}
    old, new = ({one.inode: one for one in snapshot.namespaces} for snapshot in (first, last))

    def audited(listener: Listener) -> Audited:
        namespace = new.get(listener.netns)
        drops = _grown_drops(listener, before.get(listener.inode), watched_s)
        overflows = _grown_overflows(namespace, old.get(listener.netns))
        return Audited(
            listener=listener,
            namespace=namespace,
            processes=tuple(processes[pid] for pid in listener.pids if pid in processes),
            watched_s=watched_s,
            drops_grown=drops,
            overflows_grown=overflows,
            risk=judge_backlog(listener, namespace, drops_grown=drops, overflows_grown=overflows),
        )

    peaks = _peaks(record.snapshots)
    whole = (msgspec.structs.replace(one, queue_len_max=peaks[one.inode]) for one in last.listeners)
    listeners = sorted(map(audited, whole), key=_worst_first)
    return Audit(record.hostname, record.kernel, last.at_s, watched_s, tuple(listeners), record.unseen)


def _peaks(snapshots: Sequence[Snapshot]) -> dict[int, int]:
    """Socket -> longest queue that any look saw."""
    peaks: dict[int, int] = {}
    for snapshot in snapshots:
        for one in snapshot.listeners:
            peaks[one.inode] = max(one.queue_len, one.queue_len_max or 0, peaks.get(one.inode, 0))
    return peaks


def _worst_first(audited: Audited) -> tuple[int, int, int, str]:
    listener = audited.listener
    return (-audited.risk.level.badness, -(audited.drops_grown or 0), listener.backlog, listener.address)


def _grown_drops(listener: Listener, before: Listener | None, watched_s: float) -> int | None:
    """A socket that was opened while we watched began at 0."""
    if listener.drops is None or watched_s <= 0:
        return None
    grown = listener.drops - ((before.drops or 0) if before else 0)
    return grown if grown >= 0 else None


def _grown_overflows(now: Namespace | None, before: Namespace | None) -> int | None:
    if now is None or before is None or now is before:
        return None
    grown = now.counters.get("ListenOverflows", 0) - before.counters.get("ListenOverflows", 0)
    return grown if grown >= 0 else None
