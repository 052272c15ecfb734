"""The clock: times of logs and captures of several machines are compared to the millisecond."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from why502.facts.surfaces.interface import Finding, State, Surface
from why502.model.host import Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.surfaces.interface import Answers
    from why502.model.host import HostRecord

NAME: Final = "clock"
STEP_S: Final = 0.5
"""The kernel slews smaller errors away; larger ones are stepped (adjtimex(2))."""


def look(record: HostRecord) -> Answers:
    now = record.snapshots[-1].resources
    steps = tuple(_steps(record))
    if now.clock_synchronised is None:
        return (*steps, Unseen(NAME, "adjtimex is not allowed here"))
    if now.clock_synchronised:
        return (*steps, Finding(NAME, State.FINE, f"synchronised, to {now.clock_error_s or 0:.3f} s"))
    text = "nothing synchronises it: its times may not fit those of other machines"
    return (*steps, Finding(NAME, State.NOTE, text))


def _steps(record: HostRecord) -> Iterator[Finding]:
    """Wall time against time since boot."""
    known = [(s.at_s, s.resources.uptime_s) for s in record.snapshots if s.resources.uptime_s is not None]
    offsets = [at_s - uptime_s for at_s, uptime_s in known if uptime_s is not None]
    for earlier, later in pairwise(offsets):
        if abs(later - earlier) >= STEP_S:
            yield Finding(NAME, State.WRONG, f"it was set by {later - earlier:+.1f} s while watched")


SURFACE = Surface(NAME, look)
