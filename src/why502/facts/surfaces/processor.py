"""Processor: use, waiting, steal, and throttling by control groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.surfaces.differences import cgroups, grown, owner, resources, share, watched_s
from why502.facts.surfaces.interface import Finding, State, Surface
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.surfaces.interface import Answers
    from why502.model.host import Cgroup, HostRecord, Process

NAME: Final = "processor"
SATURATED: Final = 0.95
STOLEN: Final = 0.10
"""A tenth of the time given to other guests makes tail times several times longer."""
WAITING: Final = 0.5
"""PSI: somebody had to wait for a processor in half of the time."""
THROTTLED: Final = 0.25
"""Share of periods (0.1 s each) in which the group ran into its quota and stood still for the rest."""


def look(record: HostRecord) -> Answers:
    return (*_machine(record), *(f for before, now, who in cgroups(record) for f in _group(before, now, who)))


def _machine(record: HostRecord) -> Iterator[Finding | Unseen]:
    before, now = resources(record)
    total_s = grown(before, now, lambda one: one.cpu_total_s)
    busy = share(grown(before, now, lambda one: one.cpu_busy_s), total_s)
    stolen = share(grown(before, now, lambda one: one.cpu_steal_s), total_s)
    waiting = share(grown(before, now, lambda one: one.cpu_pressure_s), watched_s(record))
    if busy is None:
        yield Unseen("use of the processor", "/proc/stat does not tell, or there was only one look")
        return
    cores = f" of {now.cores} cores" if now.cores else ""
    queue = f", {now.runnable} tasks runnable" if now.runnable is not None else ""
    state = State.AT_RISK if busy >= SATURATED else State.FINE
    yield Finding(NAME, state, f"{busy:.0%}{cores} busy{queue}, load {now.run_queue_len or 0:.1f}")
    if stolen is not None and stolen >= STOLEN:
        yield Finding(NAME, State.AT_RISK, f"{stolen:.0%} was given to other guests of the hypervisor (steal)")
    if waiting is None:
        yield Unseen("pressure on the processor", "the kernel has no PSI, or has it off (psi=1 turns it on)")
    elif waiting >= WAITING:
        yield Finding(NAME, State.AT_RISK, f"tasks waited for a processor in {min(waiting, 1):.0%} of the time (PSI)")


def _group(before: Cgroup | None, now: Cgroup, process: Process) -> Iterator[Finding]:
    periods = grown(before, now, lambda one: one.cpu_periods)
    throttled = grown(before, now, lambda one: one.cpu_throttled_periods)
    part = share(throttled, periods)
    if part is None or not throttled:
        return
    quota = f" (quota {now.cpu_quota_cores:g} cores)" if now.cpu_quota_cores else ""
    text = f"throttled in {throttled:.0f} of {periods:.0f} periods{quota}"
    state = State.WRONG if part >= THROTTLED else State.AT_RISK
    yield Finding(NAME, state, text, f"{now.cpu_path or now.path} ({owner(process)})")


SURFACE = Surface(NAME, look)
