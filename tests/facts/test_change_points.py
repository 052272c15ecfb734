from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest

from why502.facts.change_points import MOST, change_points
from why502.model.patterns import Interval

if TYPE_CHECKING:
    from collections.abc import Callable


def poisson(rng: random.Random, mean: float) -> int:
    """Knuth's way; fine for small means."""
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count, product = count + 1, product * rng.random()
    return count


def log(rng: random.Random, length: int, requests: int, mean: Callable[[int], float], burst: int = 1) -> list[Interval]:
    """Intervals of 1 s whose bursts of failures are Poisson with that mean."""
    failed = [poisson(rng, mean(index)) * burst for index in range(length)]
    return [Interval(float(i), max(k, round(requests * rng.uniform(0.5, 1.5))), k, 0) for i, k in enumerate(failed)]


@pytest.mark.parametrize(
    ("length", "requests", "bursts", "burst"),
    [(60, 20, 8, 1), (60, 20, 6, 5), (240, 50, 20, 1), (240, 50, 40, 5), (1000, 20, 60, 5)],
)
def test_noise_has_no_change_points(length: int, requests: int, bursts: int, burst: int) -> None:
    """At most 1 of 100 logs in which nothing changes (these seeds: at most 1 of 40); bursts do not matter."""
    rng = random.Random(20)
    logs = [log(rng, length, requests, lambda _: bursts / length, burst) for _ in range(40)]
    assert sum(bool(change_points(each, 1.0).points) for each in logs) <= 1


def test_the_beginning_and_the_end_with_their_intervals() -> None:
    """Of 40 logs with a spell from 100 to 160 s, nearly all show both, and 95 % of the intervals hold the truth."""
    rng = random.Random(21)
    logs = [log(rng, 240, 50, lambda i: 0.8 if 100 <= i < 160 else 0.02) for _ in range(40)]
    found = [points for each in logs if len(points := change_points(each, 1.0).points) == 2]
    assert len(found) >= 36
    for place, truth in enumerate((100.0, 160.0)):
        held = sum(points[place].from_s <= truth <= points[place].to_s for points in found)
        assert held >= 0.9 * len(found)
    assert all(points[0].rises and not points[1].rises for points in found)


def test_a_spell_says_how_much_failed() -> None:
    """From a clean log to ten seconds in which every second request fails."""
    intervals = [Interval(float(i), 10, 5 if 50 <= i < 60 else 0, 0) for i in range(100)]
    (spell,) = change_points(intervals, 1.0).spells
    assert spell.began is not None
    assert spell.ended is not None
    assert (spell.began.at_s, spell.ended.at_s) == (50.0, 60.0)
    assert (spell.failures, spell.requests, spell.rate) == (50, 100, 0.5)


def test_a_spell_that_goes_on_has_no_end() -> None:
    """From second 50 to the last."""
    (spell,) = change_points([Interval(float(i), 10, 3 * (i >= 50), 0) for i in range(80)], 1.0).spells
    assert spell.began is not None
    assert spell.began.at_s == 50.0
    assert spell.ended is None


def test_gaps_without_requests_widen_the_interval() -> None:
    """Nobody knows what would have failed in a night without requests."""
    times = [*range(50), *range(5000, 5050)]
    intervals = [Interval(float(at_s), 20, 6 * (at_s >= 5000), 0) for at_s in times]
    (point,) = change_points(intervals, 1.0).points
    assert (point.from_s, point.at_s) == (50.0, 5000.0)


def test_a_few_failures_are_not_tested() -> None:
    """Four have no rate that could change."""
    assert not change_points([Interval(float(i), 10, i < 4, 0) for i in range(50)], 1.0).tested


def test_what_comes_and_goes_has_no_beginning() -> None:
    """More than `MOST` changes are said to be restless."""
    found = change_points([Interval(float(i), 100, 50 * (i // 20 % 2), 0) for i in range(20 * (MOST + 4))], 1.0)
    assert found.restless
    assert found.points == ()


def test_targets_errors_are_counted_apart() -> None:
    """By whatever count the caller asks for."""
    intervals = [Interval(float(i), 10, 0, 4 * (i >= 30)) for i in range(60)]
    assert change_points(intervals, 1.0).failures == 0
    assert [p.at_s for p in change_points(intervals, 1.0, lambda i: i.by_target).points] == [30.0]
