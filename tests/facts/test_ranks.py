from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.facts.ranks import EXACT_MOST, p_higher, smallest_p

VALUES = st.lists(st.integers(0, 9).map(float), min_size=2, max_size=8)


@settings(max_examples=80, deadline=None)
@given(VALUES, st.data())
def test_few_values_are_counted_exactly(values: list[float], data: st.DataObject) -> None:
    """The share of all groups of that size whose ranks sum up to at least as much, ties included."""
    size = data.draw(st.integers(1, len(values) - 1))
    ranks = [sum(v < x for v in values) + (sum(v == x for v in values) + 1) / 2 for x in values]
    sums = [sum(group) for group in combinations(ranks, size)]
    chosen = [place < size for place in range(len(values))]
    seen = sum(ranks[:size])
    assert p_higher(values, chosen) == pytest.approx(sum(each >= seen for each in sums) / len(sums))


def test_many_values_agree_with_scipy() -> None:
    """scipy.stats.mannwhitneyu(a, b, alternative='greater', method='asymptotic') 1.17.1 of the same, with ties."""
    values = [float(number * 7919 % 97 % 40) for number in range(60)]
    chosen = [number % 7 == 3 for number in range(60)]
    assert p_higher(values, chosen) == pytest.approx(0.010747545764644224, rel=1e-6)


def test_alike_neighbours_count_for_less() -> None:
    """A slow rise and fall in which failures happen to lie on top is no proof of sixty."""
    hill = [float(min(number, 60 - number)) for number in range(60)]
    apart = [hill[number * 7 % 60] for number in range(60)]
    on_top = [20 <= number < 40 for number in range(60)]
    on_top_apart = [on_top[number * 7 % 60] for number in range(60)]
    assert p_higher(hill, on_top) > 10 * p_higher(apart, on_top_apart)


def test_few_steps_of_a_counter_meet_failures_by_chance() -> None:
    """Of 60 minutes with 4 steps, 3 hold one in 1 - comb(56, 3) / comb(60, 3) of all cases; all three are no chance."""
    values = [7.0 if number in {3, 20, 33, 51} else 0.0 for number in range(60)]
    assert p_higher(values, [number in {20, 21, 40} for number in range(60)]) == pytest.approx(0.190, abs=1e-3)
    assert p_higher(values, [number in {20, 33, 51} for number in range(60)]) < 0.001


def test_equal_values_tell_nothing() -> None:
    """However many."""
    assert p_higher([1.0] * 60, [number < 30 for number in range(60)]) == 1.0
    assert p_higher([1.0] * 6, [number < 3 for number in range(6)]) == 1.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(allow_nan=False), st.booleans()), min_size=EXACT_MOST + 1, max_size=60))
def test_it_is_a_chance(pairs: list[tuple[float, bool]]) -> None:
    """Between 0 and 1, infinities included."""
    values, chosen = [value for value, _ in pairs], [which for _, which in pairs]
    if any(chosen) and not all(chosen):
        assert 0.0 <= p_higher(values, chosen) <= 1.0


def test_the_smallest_p_is_reached_by_the_clearest_values() -> None:
    """Two of four cannot be below a sixth."""
    assert p_higher([1.0, 2.0, 3.0, 4.0], [False, False, True, True]) == smallest_p(2, 2) == pytest.approx(1 / 6)
