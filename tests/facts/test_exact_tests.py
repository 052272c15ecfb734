from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from why502.facts.exact_tests import holm, odds_ratio, p_over


def exactly(hits: int, total: int, other_hits: int, other_total: int) -> Fraction:
    """The definition, in whole numbers: ways to choose so many hits or more, of all ways."""
    marked = hits + other_hits
    ways = sum(comb(total, k) * comb(other_total, marked - k) for k in range(hits, min(total, marked) + 1))
    return Fraction(ways, comb(total + other_total, marked))


@pytest.mark.parametrize(
    "cells", [(3, 3, 0, 3), (28, 28, 330, 1000), (5, 40, 10, 500), (0, 9, 4, 20), (7, 9, 4, 20), (30, 50, 2000, 10_000)]
)
def test_p_is_that_of_the_definition(cells: tuple[int, int, int, int]) -> None:
    """Fisher's exact test, one-sided."""
    assert p_over(*cells) == pytest.approx(float(exactly(*cells)), rel=1e-9)


def test_p_of_many_is_near_that_of_the_definition() -> None:
    """Logarithms of factorials hold."""
    cells = 30, 50, 8_000, 40_000
    assert p_over(*cells) == pytest.approx(float(exactly(*cells)), rel=1e-6)


def test_the_ratio_has_an_interval_around_it() -> None:
    """Twice as often, known to within its sample."""
    ratio = odds_ratio(40, 100, 2500, 10_000)
    assert ratio.low < 2.0 < ratio.high
    assert 1.0 < ratio.low < ratio.value < ratio.high < 4.0


def test_holm_never_lowers_and_keeps_the_order() -> None:
    """Adjusted values rise with p and stay below 1."""
    ps = [0.04, 0.001, 0.9, 0.02]
    adjusted = holm(ps)
    assert all(a >= p for a, p in zip(adjusted, ps, strict=True))
    assert max(adjusted) <= 1.0
    assert sorted(range(4), key=adjusted.__getitem__) == sorted(range(4), key=ps.__getitem__)
