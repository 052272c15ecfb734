from __future__ import annotations

from why502.facts.change_links import Correlation, correlate
from why502.facts.change_points import change_points
from why502.model.case import Change
from why502.model.evidence import Place
from why502.model.patterns import Interval

DAY = [Interval(30.0 * i, 100, 2 if i >= 1500 else 0, 0) for i in range(2880)]
"""Failing begins at 45,000 s and stays."""
FAILURES_S = [i.at_s for i in DAY if i.by_gateway]


def made(*changes_s: float) -> Correlation:
    changes = [Change(at_s, f"release {n}", Place("changes.csv", n)) for n, at_s in enumerate(changes_s)]
    found = correlate(changes, DAY, change_points(DAY, 30.0), FAILURES_S)
    assert found is not None
    return found


def test_the_change_right_before_the_rise_is_named() -> None:
    """Of three, the one a minute before; with its distance, its chance and the rates around it."""
    first, second, third = made(10_000.0, 44_940.0, 70_000.0).links
    assert second.rise_after_s == 60.0
    assert second.rise_p is not None
    assert second.rise_p < 0.01
    assert second.before == (0, 2000)
    assert second.after[0] > 30
    assert second.p < 1e-6
    assert first.rise is None
    assert third.rise is None
    assert third.p > 0.2


def test_a_change_after_the_rise_did_not_bring_it() -> None:
    """An hour later nothing rises."""
    (link,) = made(48_600.0).links
    assert link.rise is None


def test_changes_outside_the_logs_are_left_out() -> None:
    """And said to be."""
    found = made(-100_000.0, 500_000.0)
    assert found.links == ()
    assert found.left_out == 2


def test_failures_all_day_do_not_follow_a_change() -> None:
    """Bursts that fall anywhere fall after the change as its share of the time has it."""
    steady = [Interval(30.0 * i, 100, 1 if i % 20 == 0 else 0, 0) for i in range(2880)]
    changes = [Change(60_000.0, "release", Place("changes.csv", 1))]
    failures_s = [i.at_s for i in steady if i.by_gateway]
    found = correlate(changes, steady, change_points(steady, 30.0), failures_s)
    assert found is not None
    assert found.soon_after is not None
    assert found.soon_after.p > 0.1
    assert found.links[0].p > 0.1
    assert found.links[0].rise is None


def test_without_changes_there_is_nothing_to_say() -> None:
    """None, not an empty answer."""
    assert correlate([], DAY, change_points(DAY, 30.0), FAILURES_S) is None
