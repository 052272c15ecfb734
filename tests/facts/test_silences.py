from __future__ import annotations

from why502.facts.silences import is_rhythm
from why502.model.patterns import Silence
from why502.model.traffic import TargetTraffic


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
