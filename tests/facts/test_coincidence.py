from __future__ import annotations

import pytest

from tests.making import case, request
from why502.facts.clusters import clusters
from why502.facts.coincidence import FailureTimes, compare, failure_times
from why502.facts.scene import Scene
from why502.facts.usage import Usage, usages_of
from why502.model.case import Case, Series
from why502.model.evidence import Place, Source


def usage(*shares: float, label: str = "") -> Usage:
    """One span a minute."""
    spans = tuple((60.0 * number, 60.0 * number + 60, share) for number, share in enumerate(shares))
    return Usage(Source.METRICS, Place("m.json", mark="#", name=label), spans)


def at(*minutes: int) -> FailureTimes:
    """A failure in the middle of each of those minutes."""
    return FailureTimes(tuple(60.0 * minute + 30 for minute in minutes))


def scene_of(case_: Case) -> Scene:
    first, *others = clusters(case_, [])
    return Scene(case_, first, None, None, (), tuple(others))


def test_use_that_is_the_same_is_said_with_its_p() -> None:
    """A sentence that a person can repeat."""
    shares = [0.30, 0.31, 0.29, 0.30, 0.31, 0.30, 0.29, 0.30, 0.31, 0.30]
    found = compare(usage(*shares), at(1, 3, 5))
    assert str(found) == (
        "while requests failed 30% (median), otherwise 30% (median), p = 0.43 (rank test, 3 and 7 spans, no lag)"
    )


def test_use_that_rises_with_the_failures_is_no_chance() -> None:
    """Three minutes of twelve, all of them the highest: one in 220."""
    found = compare(usage(*[0.3] * 4, 0.97, 0.98, 0.99, *[0.3] * 5), at(4, 5, 6))
    assert (found.during, found.otherwise, found.lag_s) == (0.98, 0.3, 0.0)
    assert found.p == pytest.approx(1 / 220)


def test_use_that_was_ahead_of_the_failures_is_found_with_its_lag() -> None:
    """Two minutes ahead; p is multiplied by the number of lags that were tried."""
    found = compare(usage(*[0.3] * 4, 0.97, 0.98, 0.99, 0.97, *[0.3] * 12), at(6, 7, 8, 9))
    assert found.lag_s == 120.0
    assert found.p == pytest.approx(3 / 4845)
    assert "120 s ahead" in str(found)


def test_too_few_spans_are_not_tested() -> None:
    """Two and two can never be below a sixth: no p, and the words say so."""
    found = compare(usage(0.3, 0.98, 0.99, 0.3), at(1, 2))
    assert found.p is None
    assert str(found).endswith("too few to test (2 and 2 spans)")


def test_spans_in_which_only_others_failed_are_left_out() -> None:
    """They are not 'otherwise': something was wrong then too."""
    found = compare(usage(0.3, 0.9, 0.5), FailureTimes((30.0,), others_s=(90.0,)))
    assert (found.during, found.otherwise, found.spans) == (0.3, 0.5, 2)


def test_spans_after_the_last_failure_that_was_kept_are_left_out() -> None:
    """Failures beyond the kept ones may lie there."""
    scene = scene_of(case(*(request(30.0 + number) for number in range(1100))))
    times = failure_times(scene)
    assert (len(times.times_s), times.known_until_s) == (1000, 1029.0)
    assert compare(usage(0.3, 0.9, 0.5), FailureTimes((30.0,), known_until_s=60.0)).spans == 2


def test_failures_known_from_metrics_lie_in_their_periods() -> None:
    """Without any log: the minutes in which the balancer counted 502s."""
    counted = Series("HTTPCode_ELB_502_Count", Place("m.json"), ((0.0, 0.0), (60.0, 2.0), (120.0, 1.0)), 60.0)
    assert failure_times(scene_of(Case(metrics=(counted,)))).times_s == (90.0, 150.0)


def test_a_label_with_the_targets_address_decides_whose_use_it_is() -> None:
    """10.0.0.7 is not 10.0.0.71; without a match those stand of which nothing tells whose they are."""
    own, other = usage(0.9, label='node_cpu{instance="10.0.0.7:9100"}'), usage(0.1, label="10.0.0.71:9100")
    assert list(usages_of(Case(), "10.0.0.7:8080", [own, other])) == [own]
    assert list(usages_of(Case(), "10.0.0.8:8080", [own, other])) == [other]
    assert list(usages_of(Case(), "127.0.0.1:8080", [own, other])) == [own, other]
    assert list(usages_of(Case(), "shop:8080", [own, other])) == [own, other]
    assert list(usages_of(Case(), None, [own, other])) == [own, other]
