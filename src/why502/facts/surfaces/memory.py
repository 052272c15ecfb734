"""Memory: what is left, the OOM killer, and the limits of control groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.surfaces.differences import cgroups, grown, owner, resources, share, watched_s
from why502.facts.surfaces.interface import Finding, State, Surface
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.surfaces.interface import Answers
    from why502.model.host import Cgroup, HostRecord, Process

NAME: Final = "memory"
SCARCE: Final = 0.05
WAITING: Final = 0.1
"""PSI: somebody waited for memory in a tenth of the time; systemd-oomd and Facebook's oomd act around there."""
NEARLY_FULL: Final = 0.95
MIB: Final = 1 << 20


def look(record: HostRecord) -> Answers:
    return (*_machine(record), *(f for before, now, who in cgroups(record) for f in _group(before, now, who)))


def _machine(record: HostRecord) -> Iterator[Finding | Unseen]:
    before, now = resources(record)
    if killed := grown(before, now, lambda one: one.oom_kills):
        yield Finding(NAME, State.WRONG, f"the OOM killer ended {killed:.0f} processes while watched")
    if (left := share(now.memory_available_bytes, now.memory_total_bytes)) is None:
        yield Unseen("use of memory", "/proc/meminfo does not tell")
    else:
        earlier = f"; the OOM killer ended {now.oom_kills} processes since boot" if now.oom_kills else ""
        state = State.AT_RISK if left < SCARCE else State.FINE
        total = (now.memory_total_bytes or 0) // MIB
        yield Finding(NAME, state, f"{left:.0%} of {total:,} MiB available{earlier}")
    waiting = share(grown(before, now, lambda one: one.memory_pressure_s), watched_s(record))
    if waiting is not None and waiting >= WAITING:
        yield Finding(NAME, State.AT_RISK, f"tasks waited for memory in {min(waiting, 1):.0%} of the time (PSI)")


def _group(before: Cgroup | None, now: Cgroup, process: Process) -> Iterator[Finding]:
    where = f"{now.path} ({owner(process)})"
    if killed := grown(before, now, lambda one: one.oom_kills):
        yield Finding(NAME, State.WRONG, f"the OOM killer ended {killed:.0f} processes of it while watched", where)
    elif now.oom_kills:
        yield Finding(
            NAME, State.NOTE, f"the OOM killer ended {now.oom_kills} processes of it since it was made", where
        )
    used = share(now.memory_bytes, now.memory_limit_bytes)
    if used is not None and used >= NEARLY_FULL:
        hits = grown(before, now, lambda one: one.memory_limit_hits) or 0
        limit = (now.memory_limit_bytes or 0) // MIB
        text = f"{used:.0%} of its limit of {limit:,} MiB, held up by it {hits:.0f} times while watched"
        yield Finding(NAME, State.AT_RISK if hits else State.NOTE, text, where)


SURFACE = Surface(NAME, look)
