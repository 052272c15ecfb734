"""The rank test of Mann and Whitney: were values higher in one group than in another by more than chance?

SciPy has it too; importing that takes a second, half of what a whole diagnosis may take.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby, pairwise
from math import comb, erfc, sqrt
from typing import TYPE_CHECKING

from why502.facts.exact_tests import p_over

if TYPE_CHECKING:
    from collections.abc import Sequence

EXACT_MOST = 24
"""Up to that many values all ways to choose a group are counted; beyond, the normal approximation is as good."""

ALIKE_MOST = 0.95
"""Neighbours more alike than this would leave next to nothing of any series."""


def smallest_p(group: int, rest: int) -> float:
    """The least that p can be with so many values, however clear they are.

    >>> smallest_p(2, 2), smallest_p(3, 17) < 0.001
    (0.16666666666666666, True)
    """
    return 1.0 / comb(group + rest, group)


def p_higher(values: Sequence[float], chosen: Sequence[bool]) -> float:
    """Chance that the chosen values (in time order, with the others) rank so high, if choosing meant nothing.

    One-sided; ties share their mean rank. Exact for few values. For many, the normal approximation with the
    correction for ties and for continuity (Conover, Practical Nonparametric Statistics, 5.1), its variance widened
    by (1 + r) / (1 - r) where neighbours in time are alike by r: the effective sample size of Wilks, Statistical
    Methods in the Atmospheric Sciences, 5.2.4. Minutes of a slow daily rhythm are no independent witnesses.

    >>> p_higher([1.0, 2.0, 3.0, 4.0], [False, False, True, True])
    0.16666666666666666
    >>> p_higher([5.0, 5.0, 5.0], [True, False, False])
    1.0
    """
    if len(values) <= EXACT_MOST:
        return _exact(values, chosen)
    return max(_normal(values, chosen), _sparse(values, chosen))


def _sparse(values: Sequence[float], chosen: Sequence[bool]) -> float:
    """Of a counter that mostly stands still: chance of so many of its few steps among the chosen (Fisher's test).

    The normal approximation makes far too little of chance where nearly all ranks are tied: of 60 minutes with 4 steps,
    3 hold one of these in 19 of 100 cases, not in 3. 0 for any other series.
    """
    least = min(values)
    steps = [value > least for value in values]
    if 2 * sum(steps) >= len(values):
        return 0.0
    hits = sum(step and which for step, which in zip(steps, chosen, strict=True))
    return p_over(hits, sum(chosen), sum(steps) - hits, len(values) - sum(chosen))


def _ranks(values: Sequence[float]) -> list[float]:
    """From 1; ties share the mean of theirs."""
    ranks = [0.0] * len(values)
    before = 0
    for _, tied in groupby(sorted(range(len(values)), key=values.__getitem__), key=values.__getitem__):
        places = list(tied)
        for place in places:
            ranks[place] = before + (len(places) + 1) / 2
        before += len(places)
    return ranks


def _exact(values: Sequence[float], chosen: Sequence[bool]) -> float:
    """Counts the groups of that size by their rank sum, one value after the other."""
    doubled = [round(2 * rank) for rank in _ranks(values)]
    size = sum(chosen)
    ways: list[dict[int, int]] = [defaultdict(int) for _ in range(size + 1)]
    ways[0][0] = 1
    for rank in doubled:
        for taken in range(size, 0, -1):
            for total, number in ways[taken - 1].items():
                ways[taken][total + rank] += number
    seen = sum(rank for rank, is_chosen in zip(doubled, chosen, strict=True) if is_chosen)
    return sum(number for total, number in ways[size].items() if total >= seen) / comb(len(values), size)


def _normal(values: Sequence[float], chosen: Sequence[bool]) -> float:
    ranks = _ranks(values)
    total, size = len(values), sum(chosen)
    seen = sum(rank for rank, is_chosen in zip(ranks, chosen, strict=True) if is_chosen)
    spread = sum(rank * rank for rank in ranks) - total * ((total + 1) / 2) ** 2
    variance = size * (total - size) / (total * (total - 1)) * spread if 0 < size < total else 0.0
    if variance <= 0:
        return 1.0
    alike = _likeness_of_neighbours(ranks, chosen)
    deviation = sqrt(variance * (1 + alike) / (1 - alike))
    return 0.5 * erfc((seen - size * (total + 1) / 2 - 0.5) / deviation / sqrt(2))


def _likeness_of_neighbours(ranks: Sequence[float], chosen: Sequence[bool]) -> float:
    """Lag-1 autocorrelation of the ranks about the mean of their group, so that a true difference does not count."""
    means = {
        which: sum(rank for rank, c in zip(ranks, chosen, strict=True) if c is which) / chosen.count(which)
        for which in (True, False)
    }
    rests = [rank - means[c] for rank, c in zip(ranks, chosen, strict=True)]
    power = sum(rest * rest for rest in rests)
    if power <= 0:
        return 0.0
    return min(ALIKE_MOST, max(0.0, sum(a * b for a, b in pairwise(rests)) / power))
