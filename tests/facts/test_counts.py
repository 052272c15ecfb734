from __future__ import annotations

from tests.making import case, request, served
from why502.facts.clusters import clusters
from why502.model.requests import Manner, Phase
from why502.model.traffic import MAX_EXAMPLES
from why502.ranking import judge_case


def test_failures_that_are_not_kept_are_counted() -> None:
    """3,000 failures of two kinds and statuses, of which at most 1,000 are kept: all are in the counts."""
    cut = [request(100.0 + n) for n in range(2000)]
    late = [request(5000.0 + n, phase=Phase.CONNECT, manner=Manner.TIMEOUT, status=504) for n in range(1000)]
    both = case(*cut, *late, served(1.0))
    assert both.traffic is not None
    assert len(both.traffic.failures) == MAX_EXAMPLES
    assert sorted((c.phase, c.count) for c in clusters(both, [])) == [(Phase.CONNECT, 1000), (Phase.WAIT, 2000)]
    counted = judge_case(both, 0.0).document.failures
    assert (counted.total, counted.by_status) == (3000, {"502": 2000, "504": 1000})


def test_a_fault_that_comes_later_is_kept_as_well() -> None:
    """Each kind has its share of what is kept, however often the other failed before."""
    cut = [request(100.0 + n) for n in range(2000)]
    late = [request(5000.0 + n, phase=Phase.CONNECT, manner=Manner.TIMEOUT) for n in range(10)]
    traffic = case(*cut, *late).traffic
    assert traffic is not None
    assert sum(f.request.phase is Phase.CONNECT for f in traffic.failures) == 10
