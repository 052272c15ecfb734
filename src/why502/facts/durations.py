"""Timeouts against each other: failures that all took the same time, and whose timer that is."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from why502.facts.silences import by_gateway
from why502.facts.timers import ENDED_BY_TARGET, SPREAD, SPREAD_S, Due, set_for, whose
from why502.facts.told_limits import NOTHING_TOLD, Told, kills_after
from why502.model.requests import Manner, Phase
from why502.model.settings import Limit, Setting, TargetSetting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from why502.model.requests import Request
    from why502.model.traffic import FailedRequest

MIN_SAME = 3
MIN_S = 0.9
"""Timers below a second are too close to the usual times of work."""
MOST_FOUND = 5

AFTER = frozenset({Phase.SEND, Phase.WAIT})


class SameDuration(Struct, frozen=True):
    """Failures of one proxy, phase and manner that took the same time."""

    seconds: float
    least_s: float
    most_s: float
    failures: int
    alike: int
    """Failures of that phase and manner whose time is known."""
    proxy: str
    phase: Phase
    manner: Manner
    due: Due | None = None
    """Whose that is, if it is a known one."""
    others: tuple[Setting | TargetSetting, ...] = ()
    """What the configuration given sets for such requests, if it is none of these."""

    def __str__(self) -> str:
        whose = f": {self.due}" if self.due else ", whose timer that is the log does not tell"
        if self.due is None and self.others:
            whose = f", which is not the {self.others[0]} of the configuration given"
        times = (
            f"{self.least_s:.2f} s"
            if self.most_s - self.least_s < 0.005
            else (f"{self.least_s:.2f} to {self.most_s:.2f} s")
        )
        return f"{self.failures} of {self.alike} failures in phase {self.phase} ({self.manner}) took {times}{whose}"


class _Seen(NamedTuple):
    """One failure."""

    lasted_s: float
    group: str | None
    target: str | None


def same_durations(
    failures: Iterable[FailedRequest], settings: Sequence[Setting] = (), limits: Told = NOTHING_TOLD
) -> tuple[SameDuration, ...]:
    """The most frequent durations first, held against the timers that are set, then against those that are usual.

    `limits`: of targets, whose servers kill workers that take too long.
    """
    groups: dict[tuple[str, Phase, Manner], list[_Seen]] = defaultdict(list)
    for request in (place.request for place in failures):
        seen_s = spent_s(request)
        if by_gateway(request) and seen_s is not None:
            key = request.proxy, request.phase, request.manner or Manner.UNKNOWN
            groups[key].append(_Seen(seen_s, request.group, request.target))
    found = [same for key, seen in groups.items() for same in _same(seen, *key, settings, limits)]
    return tuple(sorted(found, key=lambda same: (-same.failures, same.seconds))[:MOST_FOUND])


def spent_s(request: Request) -> float | None:
    """What the timer saw, as near as the log tells."""
    if request.phase in AFTER and request.wait_s is not None:
        return request.wait_s
    return request.total_s


def _same(
    seen: Sequence[_Seen], proxy: str, phase: Phase, manner: Manner, settings: Sequence[Setting], limits: Told
) -> Iterator[SameDuration]:
    left = sorted(one.lasted_s for one in seen if one.lasted_s >= MIN_S)
    if manner in ENDED_BY_TARGET and (killed := limits.of_all({one.target for one in seen}, Limit.WORK)):
        # Its server looks only now and then: such times lie further apart than those of one timer.
        due = [t for t in left if kills_after(killed, t)]
        if len(due) >= MIN_SAME and 2 * len(due) >= len(seen):
            ran_out = Due(str(killed), killed.value, 1, killed.at)
            yield SameDuration(median(due), due[0], due[-1], len(due), len(seen), proxy, phase, manner, due=ran_out)
            left = [t for t in left if not kills_after(killed, t)]
    while left:
        groups = ([t for t in left[i:] if t <= low * (1 + SPREAD) + SPREAD_S] for i, low in _distinct(left))
        best = max(groups, key=len)
        if len(best) < MIN_SAME:
            return
        ours = [one for one in seen if best[0] <= one.lasted_s <= best[-1]]
        told = {one.group for one in ours}
        group = next(iter(told)) if len(told) == 1 else None
        killed = limits.of_all({one.target for one in ours}, Limit.WORK) if manner in ENDED_BY_TARGET else None
        # What is set for a server replaces what is usual of others.
        due_then = whose(settings, proxy, phase, manner, best[0], group) if killed is None else None
        known = (killed,) if killed else tuple(set_for(settings, proxy, phase, manner, group))
        yield SameDuration(
            median(best),
            best[0],
            best[-1],
            len(best),
            len(seen),
            proxy,
            phase,
            manner,
            due=due_then,
            others=() if due_then else known,
        )
        left = [t for t in left if not best[0] <= t <= best[-1]]


def _distinct(times: Sequence[float]) -> Iterator[tuple[int, float]]:
    """Each time where it stands first."""
    before = -1.0
    for index, time in enumerate(times):
        if time != before:
            yield index, time
        before = time
