"""Restarts and crash loops of the services that listen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.listeners import listener_windows
from why502.facts.surfaces.differences import owner
from why502.facts.surfaces.interface import Finding, State, Surface
from why502.model.host import Unseen
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.surfaces.interface import Answers
    from why502.model.host import HostRecord, Process

NAME: Final = "restarts"
YOUNG_S: Final = 120.0
"""Within the last two minutes: whoever looks at a host now looks for what happened just before."""
SHOWN: Final = 5
LOOP: Final = 3
"""Starts that are no accident any more."""


def look(record: HostRecord) -> Answers:
    found = (*_reopened(record), *map(_runtime, record.snapshots[-1].processes), _young(record))
    kept = tuple(dict.fromkeys(finding for finding in found if finding is not None))
    unseen = (Unseen("restarts that systemd counts", "it tells them over D-Bus only"),) if _of_systemd(record) else ()
    return (*(kept or (Finding(NAME, State.FINE, "no listener was opened anew while watched"),)), *unseen)


def _of_systemd(record: HostRecord) -> bool:
    return any(one.cgroup is not None and ".service" in one.cgroup.path for one in record.snapshots[-1].processes)


def _reopened(record: HostRecord) -> Iterator[Finding]:
    """The first opening of what did not listen before is no restart."""
    old = {listener.inode for listener in record.snapshots[0].listeners}
    if all(listener.inode in old for snapshot in record.snapshots for listener in snapshot.listeners):
        return
    before = {(listener.netns, listener.address) for listener in record.snapshots[0].listeners}
    for window in listener_windows(record, record.hostname):
        address = window.listener.address
        times = len(window.restarts) - ((window.listener.netns, address) not in before)
        if times > 0:
            state = State.WRONG if times >= LOOP else State.AT_RISK
            yield Finding(NAME, state, f"its listener was opened anew while watched, {count(times, 'time')}", address)


def _runtime(process: Process) -> Finding | None:
    told = process.restarts
    if told is None or told.count == 0:
        return None
    code = f", last exit code {told.exit_code}" if told.exit_code is not None else ""
    killed = ", killed for want of memory" if told.oom_killed else ""
    state = State.AT_RISK if told.count >= LOOP else State.NOTE
    text = f"its container was started again {count(told.count, 'time')}{code}{killed}"
    return Finding(NAME, state, text, owner(process))


def _young(record: HostRecord) -> Finding | None:
    """Only where the machine itself has been up for longer."""
    last = record.snapshots[-1]
    if record.boot_s is None or last.at_s - record.boot_s < 2 * YOUNG_S:
        return None
    aged = [(last.at_s - one.start_s, owner(one)) for one in last.processes if one.start_s is not None]
    young = [f"{who} {age_s:.0f} s ago" for age_s, who in sorted(aged) if 0 <= age_s < YOUNG_S]
    more = f" and {len(young) - SHOWN} more" if len(young) > SHOWN else ""
    return Finding(NAME, State.NOTE, f"started lately: {', '.join(young[:SHOWN])}{more}") if young else None


SURFACE = Surface(NAME, look)
