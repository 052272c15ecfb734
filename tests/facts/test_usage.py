from __future__ import annotations

from tests.making import host, log_input, snapshot
from why502.facts.coincidence import FailureTimes, compare
from why502.facts.usage import memory, processor
from why502.model.case import Case, Series
from why502.model.evidence import Place, Source


def test_per_cent_and_ratios_become_shares() -> None:
    """CloudWatch's per cent and our own ratio."""
    cpu = Series("CPUUtilization", Place("m.json"), ((0.0, 30.0), (60.0, 31.0)), 60.0)
    own = Series("cpu-busy-ratio", Place("m.json"), ((0.0, 0.3),))
    first, second = processor(Case(metrics=(cpu, own)))
    assert first.spans == ((0.0, 60.0, 0.3), (60.0, 120.0, 0.31))
    assert second.spans == ((0.0, 60.0, 0.3),)


def test_host_snapshots_become_shares() -> None:
    """2 of 4 processor seconds busy; 1 of 4 GiB in use."""
    looks = (
        snapshot(0.0, cpu_busy_s=10.0, cpu_total_s=20.0, memory_total_bytes=4, memory_available_bytes=3),
        snapshot(2.0, cpu_busy_s=12.0, cpu_total_s=24.0, memory_total_bytes=4, memory_available_bytes=3),
    )
    case = Case(inputs=(log_input(2, Source.HOST),), hosts=(host(*looks),))
    assert [u.spans for u in processor(case)] == [((0.0, 2.0, 0.5),)]
    assert [u.spans for u in memory(case)] == [((0.0, 2.0, 0.25),)]


def test_without_failures_in_any_span_there_is_no_share_during() -> None:
    """Absent, not 0."""
    cpu = Series("CPUUtilization", Place("m.json"), ((0.0, 30.0),), 60.0)
    found = compare(processor(Case(metrics=(cpu,)))[0], FailureTimes((500.0,)))
    assert (found.during, found.otherwise) == (None, 0.3)
