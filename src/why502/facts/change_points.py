"""When failing began and when it ended: where the rate of failures changes by more than chance, with intervals.

Method. Failures of each interval of time are binomial in its requests, with a rate that is constant between change
points. The change points are those which maximise the likelihood less a price for each of them (optimal partitioning:
Jackson et al., IEEE Signal Processing Letters 12, 2005). Failures come together (a page that loads fails in all its
parts), so that the likelihood is divided by the dispersion: how much more neighbouring intervals differ than
independent failures would, estimated from pairs of neighbours given their sum, so that a slow change does not count.
Coarse pieces first, then each point is moved over the fine intervals.

False alarms. The price `PRICE + log(pieces)` was set so that logs in which nothing changes give any change point in
less than 1 of 100 cases, from 5 to 5,000 failures, alone or in bursts; `tests/facts/test_change_points.py` repeats that
on seeded noise.

Interval. All places whose likelihood is within `PROFILE` of the best one: the limit law of Hinkley (Biometrika 57,
1970; Siegmund, Annals of Statistics 16, 1988), P(2 x difference <= x) = (1 - exp(-x / 2)) ** 2.

ruptures does the search as well; importing it takes SciPy (1 s), and it has neither a binomial cost nor an interval.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import log, sqrt
from statistics import geometric_mean
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from why502.model.patterns import Interval

PRICE = 5.5
"""Nats, with the logarithm of the number of pieces: see above."""

PROFILE = -log(1 - sqrt(0.95))
"""Nats: 3.68 for 95 %."""

PIECES = 100
"""The search for all change points goes over about so many pieces, or twice that; its cost grows with the square."""

EVEN_PIECES = 400
"""From which the dispersion is estimated."""

MIN_FAILURES = 5
"""Fewer failures have no rate that could change."""

MOST = 8
"""Failing that comes and goes more often than this has no beginning and no end."""

LEAST_RATE = 1e-9
"""In place of no failure at all, where rates are compared by their ratio."""


class ChangePoint(Struct, frozen=True):
    """The rate of failures changed here (epoch seconds; `from_s` to `to_s` is the 95 % interval)."""

    at_s: float
    from_s: float
    to_s: float
    rate_before: float
    """Share of requests that failed, back to the change before."""
    rate_after: float

    @property
    def rises(self) -> bool:
        return self.rate_after > self.rate_before


class Spell(Struct, frozen=True):
    """A time in which more failed than around it. None: it began before the log, or had not ended."""

    began: ChangePoint | None
    ended: ChangePoint | None
    failures: int
    requests: int
    rate: float


class Changes(Struct, frozen=True):
    """The answer for one sort of failures."""

    failures: int
    points: tuple[ChangePoint, ...]
    spells: tuple[Spell, ...]
    tested: bool = True
    """False: too few failures, or too short a log, to tell."""
    restless: bool = False
    """It comes and goes so often that beginnings and ends say nothing."""
    dispersion: float = 1.0
    """1: failures come singly; 5: about five together."""
    interval_s: float = 1.0
    """How finely time was looked at."""


def change_points(
    intervals: Sequence[Interval], interval_s: float, failed: Callable[[Interval], int] = lambda i: i.by_gateway
) -> Changes:
    """Where the share of failing requests changes; `failed` picks what counts as failing."""
    counts = [min(failed(i), i.requests) for i in intervals]
    total = sum(counts)
    if total < MIN_FAILURES or len(intervals) < MIN_FAILURES:
        return Changes(total, (), (), tested=False, interval_s=interval_s)
    series = _Series([i.requests for i in intervals], counts)
    edges = _pieces(series)
    dispersion = _dispersion(series, _even_pieces(series))
    ends = _partition(series, edges, dispersion)
    if len(ends) - 1 > MOST:
        return Changes(total, (), (), restless=True, dispersion=dispersion, interval_s=interval_s)
    ends = _moved(series, ends)
    points = [_point(series, ends, place, dispersion, intervals, interval_s) for place in range(1, len(ends))]
    spells = tuple(_spells(series, [*ends, len(counts)], points))
    return Changes(total, tuple(points), spells, dispersion=dispersion, interval_s=interval_s)


class _Series:
    """Running sums, so that any stretch costs the same."""

    def __init__(self, requests: Sequence[int], failed: Sequence[int]) -> None:
        self.length = len(requests)
        self.requests = [0, *accumulate(requests)]
        self.failed = [0, *accumulate(failed)]

    def cost(self, begin: int, end: int) -> float:
        """Negative log-likelihood of [begin, end) with the rate that fits it best."""
        k = self.failed[end] - self.failed[begin]
        n = self.requests[end] - self.requests[begin]
        if k <= 0 or k >= n:
            return 0.0
        return -k * log(k / n) - (n - k) * log((n - k) / n)

    def rate(self, begin: int, end: int) -> float:
        return (self.failed[end] - self.failed[begin]) / max(1, self.requests[end] - self.requests[begin])


def _pieces(series: _Series) -> list[int]:
    """Where pieces begin: each has a share of the requests or of the failures; and the end of all."""
    if series.length <= 2 * PIECES:
        return list(range(series.length + 1))
    most_requests, most_failed = series.requests[-1] / PIECES, series.failed[-1] / PIECES
    edges = [0]
    for index in range(1, series.length):
        begin = edges[-1]
        full = series.requests[index] - series.requests[begin] >= most_requests
        if full or series.failed[index] - series.failed[begin] >= most_failed:
            edges.append(index)
    return [*edges, series.length]


def _even_pieces(series: _Series) -> list[int]:
    """Pieces by requests alone: those that end with a failure would differ because they were cut so.

    Long enough to hold whole bursts of failures, so many that the few which hold a change count little.
    """
    step = series.requests[-1] / EVEN_PIECES
    edges = [0]
    for index in range(1, series.length):
        if series.requests[index] - series.requests[edges[-1]] >= step:
            edges.append(index)
    return [*edges, series.length]


def _dispersion(series: _Series, edges: Sequence[int]) -> float:
    """Variance over that of independent failures, from pairs of neighbouring pieces; at least 1."""
    squares = expected = 0.0
    for left, middle, right in zip(edges, edges[1:], edges[2:], strict=False):
        both = series.failed[right] - series.failed[left]
        weight = (series.requests[middle] - series.requests[left]) / (series.requests[right] - series.requests[left])
        squares += (series.failed[middle] - series.failed[left] - both * weight) ** 2
        expected += both * weight * (1 - weight)
    return max(1.0, squares / expected) if expected else 1.0


def _partition(series: _Series, edges: Sequence[int], dispersion: float) -> list[int]:
    """Where the stretches of constant rate begin, the first at 0."""
    price = (PRICE + log(len(edges) - 1)) * dispersion
    best = [-price]
    came_from = [0]
    for right in range(1, len(edges)):
        costs = [best[left] + series.cost(edges[left], edges[right]) for left in range(right)]
        left = min(range(right), key=costs.__getitem__)
        best.append(costs[left] + price)
        came_from.append(left)
    begins, place = [], len(edges) - 1
    while place:
        place = came_from[place]
        begins.append(edges[place])
    return begins[::-1]


def _moved(series: _Series, begins: list[int]) -> list[int]:
    """Each beginning where it fits best among the fine intervals, the others held; twice."""
    begins = list(begins)
    for _ in range(2):
        for place in range(1, len(begins)):
            profile = _profile(series, begins, place)
            begins[place] = min(profile, key=lambda each: each[1])[0]
    return begins


def _profile(series: _Series, begins: Sequence[int], place: int) -> list[tuple[int, float]]:
    """(where the stretch could begin, cost of both sides)."""
    left = begins[place - 1]
    right = begins[place + 1] if place + 1 < len(begins) else series.length
    return [(at, series.cost(left, at) + series.cost(at, right)) for at in range(left + 1, right)]


def _point(
    series: _Series,
    begins: Sequence[int],
    place: int,
    dispersion: float,
    intervals: Sequence[Interval],
    interval_s: float,
) -> ChangePoint:
    at = begins[place]
    right = begins[place + 1] if place + 1 < len(begins) else series.length
    before, after = series.rate(begins[place - 1], at), series.rate(at, right)
    profile = _profile(series, begins, place)
    least = min(cost for _, cost in profile)
    likely = [where for where, cost in profile if cost - least <= PROFILE * dispersion]
    # Between two intervals with requests nobody knows: rates rise at the first failure, and fall after the last.
    rises = after > before
    where_s = intervals[at].at_s if rises else intervals[at - 1].at_s + interval_s
    return ChangePoint(
        at_s=where_s,
        from_s=intervals[likely[0] - 1].at_s + interval_s,
        to_s=max(where_s, intervals[likely[-1]].at_s + (interval_s if rises else 0.0)),
        rate_before=before,
        rate_after=after,
    )


def _spells(series: _Series, bounds: Sequence[int], points: Sequence[ChangePoint]) -> Iterator[Spell]:
    """Stretches that fail more than the neighbours do, those side by side taken together."""
    if not points:
        return
    rates = [series.rate(begin, end) for begin, end in pairwise(bounds)]
    usual = geometric_mean([max(rate, LEAST_RATE) for rate in rates])
    failing = [rate > usual for rate in rates]
    place = 0
    while place < len(failing):
        end = place
        while end < len(failing) and failing[end]:
            end += 1
        if end > place:
            began = points[place - 1] if place else None
            ended = points[end - 1] if end <= len(points) else None
            k = series.failed[bounds[end]] - series.failed[bounds[place]]
            n = series.requests[bounds[end]] - series.requests[bounds[place]]
            yield Spell(began, ended, k, n, k / max(1, n))
        place = end + 1
