from __future__ import annotations

from typing import TYPE_CHECKING

from tests.making import case, request, served
from why502.facts.bursts import between_served
from why502.facts.clusters import clusters
from why502.facts.failures import failures

if TYPE_CHECKING:
    from why502.model.requests import Request


def answers(*requests: Request) -> bool:
    """For the largest cluster of a log that holds these."""
    made = case(*requests)
    assert made.traffic is not None
    return between_served(clusters(made, failures(made.traffic, None))[0], made.traffic)


def burst(at_s: float, *, failed: int, fine: int) -> list[Request]:
    ended_s = [at_s + 0.01 * n for n in range(failed + fine)]
    return [request(each) for each in ended_s[:failed]] + [served(each) for each in ended_s[failed:]]


def test_an_outage_under_load_that_comes_in_bursts_is_no_failing_after_idle_spells() -> None:
    """Before and after it, all is served; meanwhile nothing is."""
    well = [r for n in range(5) for at_s in (100.0, 300.0) for r in burst(at_s + 10 * n, failed=0, fine=8)]
    down = [r for n in range(5) for r in burst(200.0 + 10 * n, failed=8, fine=0)]
    assert not answers(*well, *down)


def test_bursts_that_fail_in_part_or_by_turns_are() -> None:
    """What finds a place in the queue is served, and what comes on connections that stand."""
    assert answers(*(r for n in range(5) for r in burst(200.0 + 10 * n, failed=3, fine=5)))
    by_turns = [burst(200.0 + 10 * n, failed=8 * (n % 2), fine=8 * (1 - n % 2)) for n in range(6)]
    assert answers(*(r for each in by_turns for r in each))
    assert answers(*burst(200.0, failed=4, fine=4))
