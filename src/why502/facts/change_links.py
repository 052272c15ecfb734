"""Changes (deployments, restarts, commits) held against failures.

Three tests, each with its p: bursts of failures soon after any change (binomial, `facts.following`); the rate in the
ten minutes after each change against that before it (Fisher's exact test on counts divided by the dispersion of
`facts.change_points`, adjusted for the number of changes after Holm); and whether a change lies right before a rise
(chance that one of so many changes lies so near: their number x the distance / the time seen).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.change_points import ChangePoint
from why502.facts.exact_tests import holm, p_over
from why502.facts.following import Following, following
from why502.model.case import Change, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.change_points import Changes
    from why502.model.patterns import Interval

AROUND_S = 600.0
"""A roll-out and its health checks take minutes; ten cover the usual ones."""


class ChangeLink(Struct, frozen=True):
    """One change, and what failed around it."""

    change: Change
    before: tuple[int, int]
    """Failures and requests in the time before it..."""
    after: tuple[int, int]
    """...and in as long a time after it."""
    p: float
    """Chance of so many more after it; adjusted."""
    rise: ChangePoint | None = None
    """The first rise within `AROUND_S` after it..."""
    rise_after_s: float | None = None
    rise_p: float | None = None
    """...and the chance that a change lies so near before a rise."""
    fall: ChangePoint | None = None
    """The same for the first fall after it: a change that mended something."""
    fall_after_s: float | None = None
    fall_p: float | None = None


class Correlation(Struct, frozen=True):
    """All changes within the time that the logs cover."""

    links: tuple[ChangeLink, ...]
    left_out: int
    """Changes outside that time."""
    soon_after: Following | None
    side: str = "gateway"
    """Which failures: those that the 'gateway' made, or the 'target' answered."""
    around_s: float = AROUND_S


def correlate(
    changes: Sequence[Change],
    intervals: Sequence[Interval],
    found: Changes,
    failures_s: Sequence[float],
    side: str = "gateway",
) -> Correlation | None:
    """Holds changes against the failures of one side, of which `found` and `failures_s` tell.

    None if there are no changes, or nothing to hold them against.
    """
    if not changes or not intervals:
        return None
    seen = Window(intervals[0].at_s, intervals[-1].at_s + found.interval_s)
    within = [c for c in changes if seen.from_s - AROUND_S <= c.at_s <= seen.to_s]
    around = [
        (_counts(intervals, side, c.at_s - AROUND_S, c.at_s), _counts(intervals, side, c.at_s, c.at_s + AROUND_S))
        for c in within
    ]
    ps = holm([_p_rise(before, after, found.dispersion) for before, after in around])
    links = tuple(
        ChangeLink(
            change,
            before,
            after,
            p,
            *_first(change.at_s, [p for p in found.points if p.rises], len(within), seen),
            *_first(change.at_s, [p for p in found.points if not p.rises], len(within), seen),
        )
        for change, (before, after), p in zip(within, around, ps, strict=True)
    )
    soon = following(failures_s, [c.at_s for c in within], AROUND_S, seen) if failures_s and within else None
    return Correlation(links, len(changes) - len(within), soon, side)


def _counts(intervals: Sequence[Interval], side: str, from_s: float, to_s: float) -> tuple[int, int]:
    inside = [i for i in intervals if from_s <= i.at_s < to_s]
    return sum(i.by_target if side == "target" else i.by_gateway for i in inside), sum(i.requests for i in inside)


def _p_rise(before: tuple[int, int], after: tuple[int, int], dispersion: float) -> float:
    k, n, other_k, other_n = (round(number / dispersion) for number in (*after, *before))
    return p_over(k, n, other_k, other_n)


def _first(
    at_s: float, points: Sequence[ChangePoint], changes: int, seen: Window
) -> tuple[ChangePoint | None, float | None, float | None]:
    """The first of these points after a change, how long after, and the chance that a change lies so near before it."""
    point = next((p for p in points if p.to_s >= at_s and p.from_s - at_s <= AROUND_S), None)
    if point is None:
        return None, None, None
    near_s = max(point.to_s - at_s, 0.0)
    chance = min(1.0, changes * near_s / (seen.to_s - seen.from_s)) if seen.to_s > seen.from_s else 1.0
    return point, point.at_s - at_s, chance
