from __future__ import annotations

from typing import TYPE_CHECKING

from tests.making import request, served
from why502.facts.crowding import crowding, crowding_of
from why502.facts.traffic import summarise
from why502.model.patterns import Span

if TYPE_CHECKING:
    from why502.model.traffic import TargetTraffic


def traffic(*bursts: tuple[int, int]) -> TargetTraffic:
    """Bursts of (requests, failed), 10 s apart."""
    made = []
    for number, (size, failed) in enumerate(bursts):
        times_s = [10.0 * number + 0.01 * place for place in range(size)]
        made += [(request if place < failed else served)(at_s) for place, at_s in enumerate(times_s)]
    return summarise(made).targets[0]


def test_small_bursts_that_are_spared_point_to_a_limit() -> None:
    """Forty requests come one by one and are served, of forty in bursts of ten half fail."""
    found = crowding(traffic(*[(1, 0)] * 40, *[(10, 5)] * 4))
    assert found is not None
    assert found.spares_small
    assert (found.small, found.small_failed, found.large, found.large_failed) == (40, 0, 40, 20)


def test_what_is_slow_by_itself_fails_single_requests_as_well() -> None:
    """One in four, whatever the crowd."""
    found = crowding(traffic(*[(1, 1)] * 5, *[(1, 0)] * 15, *[(10, 2)] * 4))
    assert found is not None
    assert not found.spares_small
    assert found.spares_none


def test_a_stall_hits_whole_bursts_whatever_their_size() -> None:
    """Four of eleven bursts fail with all their requests; by chance none of them was small."""
    found = crowding(traffic(*[(3, 0)] * 4, *[(6, 0)] * 3, *[(6, 6)] * 4))
    assert found is not None
    assert (found.small_failed, found.large_failed) == (0, 24)
    assert not found.spares_small


def test_a_capture_knows_which_bursts_were_hit_as_a_whole() -> None:
    """Two of ten bursts fail as a whole, three requests each: in whole seconds they are parts of larger ones."""
    spans = [
        Span(10.0 * number + 0.01 * place, 10.0 * number + 5.0, 10.0 * number + 4.0 if number in (3, 7) else None)
        for number, size in enumerate((5, 5, 5, 3, 5, 5, 5, 3, 5, 5))
        for place in range(size)
    ]
    found = crowding_of(spans)
    in_seconds = crowding(traffic(*[(5, 0)] * 5, *[(13, 3)] * 2, (11, 0)))
    assert in_seconds is not None
    assert in_seconds.spares_small
    assert found is None or not found.spares_small


def test_a_capture_sees_small_bursts_spared() -> None:
    """Two at once are served, and of five the last three are given up."""
    sizes = [2, 5] * 8
    spans = [
        Span(10.0 * number + 0.01 * place, 10.0 * number + 5.0, 10.0 * number + 4.0 if place > 1 else None)
        for number, size in enumerate(sizes)
        for place in range(size)
    ]
    found = crowding_of(spans)
    assert found is not None
    assert found.spares_small
    assert (found.small_failed, found.large_failed) == (0, 24)


def test_requests_of_one_stall_are_one_observation() -> None:
    found = crowding(traffic(*[(5, 0)] * 5, *[(13, 3)] * 2, (11, 0)))
    assert found is not None
    assert not found.as_often(2).spares_small
    assert found.as_often(6).p >= found.p
    limited = crowding(traffic(*[(1, 0)] * 40, *[(10, 5)] * 8))
    assert limited is not None
    assert limited.as_often(8).spares_small


def test_failures_alone_tell_nothing_of_crowds() -> None:
    """Apache's error log names the target of failures only."""
    assert crowding(traffic((3, 3), (9, 9))) is None
    assert crowding(traffic((5, 1), (5, 0))) is None
