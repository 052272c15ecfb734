"""Whether requests fail the more, the more of them come at once: read off the sizes of bursts."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from math import ceil, comb
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from why502.model.traffic import BURST_GAP_S, BURST_SIZES, BurstsOfSize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from why502.model.patterns import Span
    from why502.model.traffic import TargetTraffic

SIGNIFICANT = 0.05
CLEAR = 0.005
FEW_FAILED = 2
FEWEST = 10
"""Requests on either side of the division; fewer say nothing."""


class Crowding(Struct, frozen=True):
    """Requests in small and in large bursts, divided where the difference is clearest."""

    largest_small: int
    """Requests at once in the largest of the small bursts."""
    small: int
    small_failed: int
    large: int
    large_failed: int
    p: float
    """Chance of so few failures in small bursts if the size made no difference (Fisher's exact test, one-sided), times
    the number of divisions that were tried."""

    @property
    def spares_small(self) -> bool:
        """Small bursts fail less often, more than chance would have it."""
        return self.p < SIGNIFICANT

    @property
    def spares_none(self) -> bool:
        """Small bursts fail at least as often as large ones."""
        few = self.small_failed < FEW_FAILED
        return not few and self.small_failed * self.large >= self.large_failed * self.small

    def as_often(self, times: int) -> Crowding:
        """With so many failures in the same proportion: those that one event made are one observation."""
        failed = self.small_failed + self.large_failed
        small_hit = ceil(self.small_failed * times / failed) if failed else 0
        large_hit = min(times - small_hit, self.large)
        return structs.replace(self, p=max(self.p, fisher(self.small, small_hit, self.large, large_hit)))

    def __str__(self) -> str:
        return (
            f"{self.small_failed} of {self.small} requests failed that came in bursts of up to {self.largest_small}, "
            f"{self.large_failed} of {self.large} in larger ones (p = {self.p:.2g})"
        )


def crowding(traffic: TargetTraffic) -> Crowding | None:
    """None if the bursts are all alike, or if only failures are known by their target (Apache's error log names it)."""
    return None if traffic.requests == traffic.failed else _divided(traffic.by_burst)


def crowding_of(spans: Sequence[Span]) -> Crowding | None:
    """By a capture, which knows when each request was sent: in whole seconds the bursts of a log run together, and what
    hit a burst as a whole seems to have hit a part of one.
    """
    bursts: list[list[Span]] = []
    for span in sorted(spans, key=lambda span: span[:2]):
        if not bursts or span.asked_s - bursts[-1][-1].asked_s > BURST_GAP_S:
            bursts.append([])
        bursts[-1].append(span)
    return _divided(by_size((len(burst), sum(s.given_up_s is not None for s in burst)) for burst in bursts))


def by_size(bursts: Iterable[tuple[int, int]]) -> tuple[BurstsOfSize, ...]:
    """Of pairs (requests, failed).

    >>> [(s.least, s.requests, s.failed, s.bursts, s.bursts_hit, s.failed_whole) for s in by_size([(3, 0), (4, 4)])]
    [(3, 7, 4, 2, 1, 4)]
    """
    sizes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for size, failed in bursts:
        sizes[BURST_SIZES[bisect_right(BURST_SIZES, size) - 1]].append((size, failed))
    return tuple(
        BurstsOfSize(
            least,
            sum(size for size, _ in each),
            sum(failed for _, failed in each),
            len(each),
            sum(failed > 0 for _, failed in each),
            sum(failed for size, failed in each if failed == size),
        )
        for least, each in sorted(sizes.items())
    )


def _divided(sizes: Sequence[BurstsOfSize]) -> Crowding | None:
    stalled = 2 * sum(s.failed_whole for s in sizes) > sum(s.failed for s in sizes)
    found: list[Crowding] = []
    for place in range(1, len(sizes)):
        low, high = sizes[:place], sizes[place:]
        small, large = sum(s.requests for s in low), sum(s.requests for s in high)
        small_failed, large_failed = sum(s.failed for s in low), sum(s.failed for s in high)
        if min(small, large) >= FEWEST:
            p = fisher(small, small_failed, large, large_failed)
            p = max(p, _of_bursts(low, high)) if stalled else p
            found.append(Crowding(high[0].least - 1, small, small_failed, large, large_failed, p))
    if not found:
        return None
    best = min(found, key=lambda crowd: crowd.p)
    return structs.replace(best, p=min(1.0, best.p * len(found)))


def _of_bursts(low: Sequence[BurstsOfSize], high: Sequence[BurstsOfSize]) -> float:
    """The same of bursts that were hit at all: what stops everything for a while hits whole bursts of whatever size, so
    that their requests are not so many observations. A limit serves those before it, in every burst.
    """
    return fisher(
        sum(s.bursts for s in low),
        sum(s.bursts_hit for s in low),
        sum(s.bursts for s in high),
        sum(s.bursts_hit for s in high),
    )


def fisher(small: int, small_failed: int, large: int, large_failed: int) -> float:
    """Chance of at most `small_failed` failures among the `small`, given all failures.

    >>> round(fisher(10, 0, 10, 5), 4), fisher(10, 5, 10, 5) > 0.5
    (0.0163, True)
    """
    failed = small_failed + large_failed
    ways = sum(
        comb(small, k) * comb(large, failed - k) for k in range(max(0, failed - large), min(small_failed, small) + 1)
    )
    return ways / comb(small + large, failed)
