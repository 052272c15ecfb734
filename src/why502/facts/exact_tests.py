"""Exact tests of counts, and what many tests at once are worth. SciPy has them too; see `facts.ranks` why not here."""

from __future__ import annotations

from math import exp, inf, lgamma, log, sqrt
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

Z_95 = 1.959964
"""The normal quantile of a two-sided interval of 95 %."""

NEGLIGIBLE = 1e-18
"""Terms of a sum that are smaller than this share of it are left out."""


class Ratio(Struct, frozen=True):
    """How much likelier something is, with its 95 % interval."""

    value: float
    low: float
    high: float


def p_over(hits: int, total: int, other_hits: int, other_total: int) -> float:
    """Fisher's exact test, one-sided: chance of so many hits in the first group if both are alike.

    >>> round(p_over(28, 28, 330, 1000), 9), p_over(0, 5, 3, 9)
    (0.0, 1.0)
    >>> round(p_over(3, 3, 0, 3), 6)  # 1 / comb(6, 3)
    0.05
    """
    everything, marked = total + other_total, hits + other_hits
    if hits <= 0:
        return 1.0
    p = 0.0
    for k in range(hits, min(total, marked) + 1):
        term = exp(_log_ways(total, k) + _log_ways(other_total, marked - k) - _log_ways(everything, marked))
        p += term
        if term < p * NEGLIGIBLE:
            break
    return min(1.0, p)


def p_so_many(hits: int, mean: float) -> float:
    """Poisson: chance of at least so many events where so many are expected.

    >>> round(p_so_many(1, 0.5), 6), round(p_so_many(2, 1.0), 6), p_so_many(0, 3.0), p_so_many(4, 0.0)
    (0.393469, 0.264241, 1.0, 0.0)
    """
    if hits <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if hits <= mean:  # the shorter sum
        return 1.0 - sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(hits))
    p, k = 0.0, hits
    while True:
        term = exp(k * log(mean) - mean - lgamma(k + 1))
        p += term
        if term <= p * NEGLIGIBLE:
            return p
        k += 1


def _log_ways(total: int, chosen: int) -> float:
    if not 0 <= chosen <= total:
        return -inf
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)


def odds_ratio(hits: int, total: int, other_hits: int, other_total: int) -> Ratio:
    """Odds of the first group over those of the second: Woolf's interval with Haldane's half added to each cell.

    For failures, which are rare, this is the ratio of failure rates, and it stays so when only a sample of the
    requests that did not fail is known (a case-control study).

    >>> odds_ratio(10, 20, 10, 20).value
    1.0
    """
    cells = [n + 0.5 for n in (hits, total - hits, other_hits, other_total - other_hits)]
    middle = log(cells[0] * cells[3] / (cells[1] * cells[2]))
    width = Z_95 * sqrt(sum(1 / cell for cell in cells))
    return Ratio(exp(middle), exp(middle - width), exp(middle + width))


def holm(ps: Sequence[float]) -> list[float]:
    """Each p adjusted for the number of tests made, after Holm: any below 0.05 is wrong in at most 5 % of all cases.

    >>> holm([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.04]
    """
    order = sorted(range(len(ps)), key=ps.__getitem__)
    adjusted, highest = [0.0] * len(ps), 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, ps[index] * (len(ps) - place)))
        adjusted[index] = highest
    return adjusted
