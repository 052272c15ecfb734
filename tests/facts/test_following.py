from __future__ import annotations

from why502.facts.following import bursts, following, p_value
from why502.model.case import Window

DAY = Window(0.0, 86_400.0)


def test_failures_of_one_moment_are_one_burst() -> None:
    """Less than a second apart, one after the other; a second apart is another event."""
    assert bursts([10.0, 0.0, 0.4, 0.8, 1.7, 11.0]) == [0.0, 10.0, 11.0]
    assert bursts([]) == []


def test_bursts_right_after_causes_are_no_chance() -> None:
    """Three in the 600 s after each of three causes, 2 % of the day."""
    found = following([1100.0, 1100.1, 20_100.0, 50_100.0], [50_000.0, 1000.0, 20_000.0], 600.0, DAY)
    assert (found.failures, found.bursts, found.inside, round(found.share, 4)) == (4, 3, 3, 0.0208)
    assert found.p == p_value(3, 3, 1800 / 86_400) < 1e-4


def test_what_came_before_is_not_after() -> None:
    """A cause explains nothing that was there already."""
    assert following([999.0], [1000.0], 600.0, DAY).inside == 0


def test_overlapping_times_count_once() -> None:
    """Three changes within a minute make one time after them."""
    assert following([5.0], [0.0, 30.0, 60.0], 600.0, DAY).share == 660 / 86_400


def test_many_causes_and_failures_are_no_work() -> None:
    """A hundred thousand changes, a thousand failures: sorted once."""
    assert following([float(n) for n in range(1000)], [float(n) for n in range(100_000)], 600.0, DAY).inside == 1000
