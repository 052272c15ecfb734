"""Memory: what is left, the OOM killer, and the limits of control groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.surfaces.differences import cgroups, grown, owner, resources, share, watched_s
from why502.facts.surfaces.interface import Finding, State, Surface
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from why502.facts.surfaces.interface import Answers
    from why502.model.host import Cgroup, HostRecord, Process

NAME: Final = "memory"
SCARCE: Final = 0.05
WAITING: Final = 0.1
"""PSI: somebody waited for memory in a tenth of the time; systemd-oomd and Facebook's oomd act around there."""
NEARLY_FULL: Final = 0.95
MIB: Final = 1 << 20


def look(record: HostRecord) -> Answers:
    groups = {now.path: (before, now, who) for before, now, who in cgroups(record)}
    return (*(f for one in groups.values() for f in _group(*one)), *_machine(record, _killed(groups.values())))


def _killed(groups: Iterable[tuple[Cgroup | None, Cgroup, Process]]) -> int:
    return round(sum(grown(before, now, lambda one: one.oom_kills) or 0 for before, now, _ in groups))


def _machine(record: HostRecord, own: int) -> Iterator[Finding | Unseen]:
    """`own`: kills in the control groups of those that listen."""
    before, now = resources(record)
    if killed := round(grown(before, now, lambda one: one.oom_kills) or 0):
        whose = f"{own or 'none'} of them in a control group of a process that listens"
        text = f"the OOM killer ended {_processes(killed)} while watched, {whose}"
        yield Finding(NAME, State.WRONG, text)
    if (left := share(now.memory_available_bytes, now.memory_total_bytes)) is None:
        yield Unseen("use of memory", "/proc/meminfo does not tell")
    else:
        earlier = f"; the OOM killer ended {_processes(now.oom_kills)} since boot" if now.oom_kills else ""
        state = State.AT_RISK if left < SCARCE else State.FINE
        total = (now.memory_total_bytes or 0) // MIB
        yield Finding(NAME, state, f"{left:.0%} of {total:,} MiB available{earlier}")
    waiting = share(grown(before, now, lambda one: one.memory_pressure_s), watched_s(record))
    if waiting is not None and waiting >= WAITING:
        yield Finding(NAME, State.AT_RISK, f"tasks waited for memory in {min(waiting, 1):.0%} of the time (PSI)")


def _group(before: Cgroup | None, now: Cgroup, process: Process) -> Iterator[Finding]:
    where = f"{now.path} ({owner(process)})"
    if killed := grown(before, now, lambda one: one.oom_kills):
        yield Finding(NAME, State.WRONG, f"the OOM killer ended {_processes(round(killed))} of it while watched", where)
    elif now.oom_kills:
        yield Finding(
            NAME, State.NOTE, f"the OOM killer ended {_processes(now.oom_kills)} of it since it was made", where
        )
    used = share(now.memory_bytes, now.memory_limit_bytes)
    if used is not None and used >= NEARLY_FULL:
        hits = grown(before, now, lambda one: one.memory_limit_hits) or 0
        limit = (now.memory_limit_bytes or 0) // MIB
        text = f"{used:.0%} of its limit of {limit:,} MiB, held up by it {hits:.0f} times while watched"
        yield Finding(NAME, State.AT_RISK if hits else State.NOTE, text, where)


def _processes(number: int) -> str:
    return "1 process" if number == 1 else f"{number} processes"


SURFACE = Surface(NAME, look)
