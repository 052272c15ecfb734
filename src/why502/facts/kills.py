"""Kills for memory that a host counted while a listener was watched.

The kernel's count of the machine (`oom_kill` of /proc/vmstat) grows with every kill in every control group
(`__oom_kill_process`, mm/oom_kill.c: `count_vm_event` and `memcg_memory_event_mm`): alone it says nothing about a
target.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.host import Cgroup, HostRecord, Listener, Process, Snapshot

NEAR_LIMIT = 0.9
"""Of a group's memory. The kernel kills where not a page more fits (`try_charge_memcg`, mm/memcontrol.c); a look is
up to a second old, and what grows goes on growing as it did."""


class Kills(Struct, frozen=True):
    """What the kernel killed for memory while a listener was watched; None: not told."""

    machine: int | None
    own: int | None
    """In the control group of the target, or of its container as the runtime tells."""
    as_it_ended: int | None
    """On the machine, between the looks between which a process that held the listener ended; None: none ended."""
    at_limit: int | None = None
    """Of such ends those with a kill on the machine and with the memory of the process's group about to run out;
    None: no limit, or none ended."""

    @property
    def by_chance(self) -> bool:
        """Most of the machine's kills came at other times than those at which the target's processes ended."""
        return 2 * (self.as_it_ended or 0) < (self.machine or 0)

    @property
    def of_target(self) -> int:
        """Those that can be taken for its own."""
        if self.own is not None:
            return self.own
        return self.at_limit or 0 if self.by_chance else self.as_it_ended or 0


class Killing:
    """The counts of one record, looked up once for all its listeners."""

    def __init__(self, record: HostRecord) -> None:
        self._snapshots = record.snapshots
        self._groups = _groups(record.snapshots)

    def of(self, seen: Sequence[tuple[Snapshot, Listener]]) -> Kills:
        """What concerns a listener that was seen so."""
        processes = [p for snapshot, listener in (seen[0], seen[-1]) for p in _holders(snapshot, listener)]
        return Kills(
            machine=_grown(self._snapshots[0], self._snapshots[-1]),
            own=self._own(processes),
            as_it_ended=self._as_it_ended(seen),
            at_limit=self._at_limit(seen),
        )

    def _own(self, processes: Sequence[Process]) -> int | None:
        """None too where the group was made anew meanwhile: its count began anew."""
        counts = [self._groups.get(path) for path in {p.cgroup.path for p in processes if p.cgroup}]
        by_group = sum(count or 0 for count in counts) or (0 if len(counts) == 1 and counts[0] == 0 else None)
        return _by_runtime(processes) or by_group

    def _as_it_ended(self, seen: Sequence[tuple[Snapshot, Listener]]) -> int | None:
        held: dict[float, set[int]] = {}
        for snapshot, listener in seen:
            held.setdefault(snapshot.at_s, set()).update(listener.pids, (-listener.inode,))
        spans = [
            _grown(before, after)
            for before, after in pairwise(self._snapshots)
            if held.get(before.at_s, set()) - held.get(after.at_s, set())
        ]
        return sum(span or 0 for span in spans) if spans else None

    def _at_limit(self, seen: Sequence[tuple[Snapshot, Listener]]) -> int | None:
        pids = {pid for _, listener in seen for pid in listener.pids}
        told = [near for pid in pids if (near := self._ended_at_limit(pid)) is not None]
        return sum(told) if told else None

    def _ended_at_limit(self, pid: int) -> bool | None:
        """None if it did not end, or had no limit. A process that was killed is moved to the root's group at last."""
        looks = [(s.at_s, g) for s in self._snapshots if (g := _group_of(s, pid)) and g.memory_limit_bytes]
        after = next((s for s in self._snapshots if looks and s.at_s > looks[-1][0]), None)
        if after is None:
            return None
        (at_s, last), (before_s, before) = looks[-1], looks[max(-2, -len(looks))]
        now, limit = last.memory_bytes or 0, last.memory_limit_bytes or 0
        rate = max(0.0, (now - (before.memory_bytes or 0)) / (at_s - before_s)) if at_s > before_s else 0.0
        gone = next((s for s in self._snapshots if s.at_s > at_s and not _has(s, pid)), after)
        kills = _grown(next(s for s in self._snapshots if s.at_s == at_s), gone)
        return now + rate * (gone.at_s - at_s) >= NEAR_LIMIT * limit and bool(kills)


def _has(snapshot: Snapshot, pid: int) -> bool:
    return any(process.pid == pid for process in snapshot.processes)


def _group_of(snapshot: Snapshot, pid: int) -> Cgroup | None:
    return next((process.cgroup for process in snapshot.processes if process.pid == pid), None)


def _by_runtime(processes: Sequence[Process]) -> int:
    """Restarts of the target's container while it was watched, the last of them after a kill for memory."""
    told = [process.restarts for process in processes if process.restarts]
    return max(0, told[-1].count - told[0].count) if told and told[-1].oom_killed else 0


def _groups(snapshots: Sequence[Snapshot]) -> dict[str, int | None]:
    """Growth of the kills in each control group; None where it cannot be told."""
    told: dict[str, list[Cgroup]] = {}
    for snapshot in snapshots:
        for process in snapshot.processes:
            if process.cgroup is not None and process.cgroup.oom_kills is not None:
                told.setdefault(process.cgroup.path, []).append(process.cgroup)
    return {path: _growth(looks) for path, looks in told.items()}


def _growth(looks: Sequence[Cgroup]) -> int | None:
    before, after = looks[0], looks[-1]
    if len(looks) == 1 or before.number != after.number:
        return None
    grown = (after.oom_kills or 0) - (before.oom_kills or 0)
    return grown if grown >= 0 else None


def _grown(before: Snapshot, after: Snapshot) -> int | None:
    old, new = before.resources.oom_kills, after.resources.oom_kills
    return new - old if old is not None and new is not None and new >= old and before is not after else None


def _holders(snapshot: Snapshot, listener: Listener) -> Iterator[Process]:
    return (process for process in snapshot.processes if process.pid in listener.pids)
