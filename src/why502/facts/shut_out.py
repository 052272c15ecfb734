"""Clients that left while the proxy could not take their connections: it served nobody new, and they waited for it.

A proxy without descriptors leaves connections in its own accept queue. It takes them when descriptors are free again,
reads the requests of clients that have gone meanwhile, and logs at once that they left: no target was asked, and the
time that it gives such a request begins when it was read (nginx: `$request_time`), not when the client began to wait.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.error_log import ZONE_STEP_S
from why502.facts.workers import CLOCKS_S
from why502.model.case import ACCEPT_FAILED, KernelEvent
from why502.model.requests import Manner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Failure, Scene
    from why502.model.case import Case

AT_ONCE_S = 0.5
"""A request that the proxy had for longer was let in, and its client left for what came then."""
MOST = 0.9
"""Others may have left for reasons of their own."""
NEIGHBOURS_S = 60.0
"""Two lines of one log that stand one after the other, and are so close in time, tell what its clock is off."""
VOTES = 200


class ShutOut(Struct, frozen=True):
    """Clients of one cluster that left while the proxy could take no connection."""

    times_s: tuple[float, ...]
    """When each of them was logged as gone."""
    timed: bool
    """Whether the log tells that the proxy had their requests for a moment only."""
    failed: int
    """How often it failed to take a connection."""
    first: KernelEvent

    @property
    def left(self) -> int:
        return len(self.times_s)

    def within(self, from_s: float | None, to_s: float | None) -> bool:
        """Whether all of that lies in the span."""
        return from_s is not None and to_s is not None and from_s <= min(self.times_s) and max(self.times_s) <= to_s


def shut_out(scene: Scene) -> ShutOut | None:
    """None if they did not leave, a target had been asked, or most left at other times."""
    cluster = scene.cluster
    events = [event for event in scene.case.events if event.kind == ACCEPT_FAILED]
    if cluster.manner is not Manner.GONE or cluster.target is not None or cluster.outcome is not None or not events:
        return None
    offset_s = _offset_s(scene.case, events)
    times_s = sorted(event.at_s + offset_s for event in events)
    left = [f for f in cluster.failures if f.at_s is not None]
    out = [f for f in left if _near(f.at_s or 0.0, times_s) and _had_s(f) <= AT_ONCE_S]
    if not out or len(out) < MOST * len(left):
        return None
    return ShutOut(tuple(f.at_s or 0.0 for f in out), all(_is_timed(f) for f in out), len(events), events[0])


def _near(at_s: float, times_s: Sequence[float]) -> bool:
    place = bisect_left(times_s, at_s - CLOCKS_S)
    return place < len(times_s) and times_s[place] <= at_s + CLOCKS_S


def _is_timed(failure: Failure) -> bool:
    return failure.logged is not None and failure.logged.request.total_s is not None


def _had_s(failure: Failure) -> float:
    """How long the proxy had the request; 0 if its log does not tell."""
    return (failure.logged.request.total_s or 0.0) if failure.logged else 0.0


def _offset_s(case: Case, events: Sequence[KernelEvent]) -> float:
    """What to add to the times of an error log without a zone: what its failures were moved by (`facts.error_log`)."""
    placed = (p.request for p in case.traffic.failures) if case.traffic else ()
    told = [(at, r.end_s) for r in placed if (at := r.told_at).number is not None and r.end_s is not None]
    votes: Counter[float] = Counter()
    for event in events[:VOTES]:
        number = event.at.number or 0
        same = ((abs((at.number or 0) - number), end_s) for at, end_s in told if at.path == event.at.path)
        if (nearest := min(same, default=None)) is not None:
            off_s = nearest[1] - event.at_s
            step_s = round(off_s / ZONE_STEP_S) * ZONE_STEP_S
            votes.update([step_s] if abs(off_s - step_s) <= NEIGHBOURS_S else [])
    return max(votes, key=lambda step_s: (votes[step_s], -abs(step_s))) if votes else 0.0
