from __future__ import annotations

from typing import TYPE_CHECKING

from tests.making import request, served
from why502.facts.crowding import crowding
from why502.facts.traffic import summarise

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


def test_whole_seconds_may_hide_that_whole_bursts_were_hit() -> None:
    """Two bursts of three fail; in whole seconds they seem to be parts of larger ones, as a limit would hit them."""
    seen = traffic(*[(5, 0)] * 5, *[(13, 3)] * 2, *[(11, 0)] * 1)
    exact, coarse = crowding(seen), crowding(seen, coarse=True)
    assert exact is not None
    assert coarse is not None
    assert exact.p < coarse.p
    assert exact.spares_small
    assert not coarse.spares_small


def test_failures_alone_tell_nothing_of_crowds() -> None:
    """Apache's error log names the target of failures only."""
    assert crowding(traffic((3, 3), (9, 9))) is None
    assert crowding(traffic((5, 1), (5, 0))) is None
