from __future__ import annotations

import msgspec

from why502.lab.alb_records import Count
from why502.lab.cloudwatch import metric_data
from why502.model.host import HOST_SCHEMA, HostRecord, Resources, Snapshot

HOST = HostRecord(
    schema=HOST_SCHEMA,
    hostname="target",
    kernel="6.18",
    boot_s=0,
    snapshots=tuple(
        Snapshot(at_s=at_s, resources=Resources(busy_s, 2 * at_s, memory_total_bytes=200, memory_available_bytes=150))
        for at_s, busy_s in ((60.0, 0.0), (80.0, 10.0), (130.0, 20.0))
    ),
)


def _values(counts: list[Count]) -> dict[str, list[float]]:
    answer = msgspec.json.decode(msgspec.json.encode(metric_data(counts, HOST, 60.0)))
    assert answer["Messages"] == []
    results = answer["MetricDataResults"]
    assert len({result["Id"] for result in results}) == len(results)
    return {result["Label"]: result["Values"] for result in results}


def test_counts_are_summed_and_times_averaged_by_period_newest_first() -> None:
    """As `aws cloudwatch get-metric-data` prints them; a period without data has no datum."""
    counts = [Count(61.0, "RequestCount", 1), Count(119.0, "RequestCount", 1), Count(301.0, "RequestCount", 1)]
    times = [Count(61.0, "TargetResponseTime", 0.1), Count(62.0, "TargetResponseTime", 0.3)]
    values = _values([*counts, *times])
    assert values["RequestCount"] == [1, 2]
    assert values["TargetResponseTime"] == [0.2]


def test_processor_and_memory_come_from_the_hosts_record() -> None:
    """In percent, by period."""
    values = _values([])
    assert values["CPUUtilization"] == [10.0, 25.0]
    assert values["mem_used_percent"] == [25.0, 25.0]


def test_what_was_asked_for_and_not_counted_has_no_values() -> None:
    """Its result is there all the same, which tells that somebody asked."""
    assert _values([])["TargetConnectionErrorCount"] == []
