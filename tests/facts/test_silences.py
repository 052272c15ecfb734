from __future__ import annotations

from typing import TYPE_CHECKING

from tests.making import case, request, served
from why502.facts.silences import before_bursts, is_rhythm
from why502.model.patterns import Silence
from why502.model.traffic import TargetTraffic

if TYPE_CHECKING:
    from why502.model.traffic import Traffic


def traffic(*silences: Silence) -> TargetTraffic:
    failed = sum(s.failed for s in silences)
    return TargetTraffic("10.0.0.7:8080", sum(s.bursts for s in silences) + 500, failed, silences=silences)


def test_failures_that_keep_to_one_of_many_silences_are_a_timers() -> None:
    """Requests come after any silence up to 8 s; a third of those after 5 s fail, and no other."""
    spread = [Silence(2.0 + n / 5, 6, 0) for n in range(30) if not 4.5 <= 2.0 + n / 5 <= 5.5]
    assert not is_rhythm(traffic(*spread, Silence(5.0, 27, 9)), 5.0)


def test_a_load_of_one_rhythm_tells_of_no_timer() -> None:
    """Nearly all come after 5 s, so what fails does as well."""
    assert is_rhythm(traffic(Silence(2.0, 3, 0), Silence(5.0, 200, 9)), 5.0)


def test_failures_after_long_silences_as_well_are_no_timers() -> None:
    """From 5 s on a third fails, however long it was: connections are gone for good then."""
    longer = [Silence(6.0 + n, 9, 3) for n in range(4)]
    assert is_rhythm(traffic(Silence(2.0, 20, 0), Silence(5.0, 27, 9), *longer), 5.0)


def traffic_of(*at_s: float, failed: frozenset[float]) -> Traffic:
    found = case(*(request(at) if at in failed else served(at) for at in at_s)).traffic
    assert found is not None
    return found


def test_a_page_that_fails_is_one_silence() -> None:
    """Seven of its requests failed; two pages make two silences."""
    page = tuple(105.0 + n / 100 for n in range(7))
    found = traffic_of(100.0, *page, 112.0, failed=frozenset((*page, 112.0)))
    assert [round(s, 1) for s in before_bursts(found.failures)] == [5.0, 6.9]


def test_a_load_that_is_served_after_the_same_silence_has_that_rhythm() -> None:
    every_five_s = tuple(100.0 + 5 * n for n in range(12))
    target = traffic_of(*every_five_s, failed=frozenset({120.0, 140.0})).target("10.0.0.7:8080")
    assert target is not None
    assert is_rhythm(target, 5.0)


def test_a_silence_after_which_only_failures_come_is_none() -> None:
    busy = tuple(100.0 + n for n in range(12))
    late = (117.0, 122.0, 127.0)
    target = traffic_of(*busy, *late, failed=frozenset(late)).target("10.0.0.7:8080")
    assert target is not None
    assert not is_rhythm(target, 5.0)
