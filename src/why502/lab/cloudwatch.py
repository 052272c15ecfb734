"""Metrics as `aws cloudwatch get-metric-data` prints them, made from what was counted and measured."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.lab.alb_records import Count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from why502.model.host import HostRecord, Snapshot

AVERAGES = frozenset({"TargetResponseTime", "HealthyHostCount", "CPUUtilization", "mem_used_percent"})
"""Asked for with the statistic Average; all others with Sum."""

ASKED = (
    *("HTTPCode_ELB_502_Count", "HTTPCode_ELB_503_Count", "HTTPCode_ELB_504_Count", "HTTPCode_Target_5XX_Count"),
    *("TargetConnectionErrorCount", "TargetTLSNegotiationErrorCount"),
)
"""Asked for always: CloudWatch answers with a result without values where a load balancer counted none."""


class MetricDataResult(Struct, frozen=True, rename="pascal"):
    """One metric, newest datum first (`ScanBy` TimestampDescending is the default)."""

    id: str
    label: str
    timestamps: tuple[str, ...]
    values: tuple[float, ...]
    status_code: str = "Complete"


class MetricData(Struct, frozen=True, rename="pascal"):
    """The whole answer."""

    metric_data_results: tuple[MetricDataResult, ...]
    messages: tuple[str, ...] = ()


def metric_data(counts: Iterable[Count], host: HostRecord, period_s: float) -> MetricData:
    """All metrics in periods of `period_s`: the load balancer's, and the target host's processor and memory.

    CloudWatch's shortest period for a load balancer is 60 s. A run with a scaled time has its period scaled too,
    so that there are several of them.
    """
    periods: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for count in (*counts, *_usage(host)):
        periods[count.metric][math.floor(count.at_s / period_s)].append(count.value)
    periods |= {metric: {} for metric in ASKED if metric not in periods}
    results = (
        _result(number, metric, values, period_s) for number, (metric, values) in enumerate(sorted(periods.items()))
    )
    return MetricData(tuple(results))


def _result(number: int, metric: str, values: dict[int, list[float]], period_s: float) -> MetricDataResult:
    statistic = fmean if metric in AVERAGES else sum
    newest_first = sorted(values.items(), reverse=True)
    return MetricDataResult(
        id=f"m{number}",
        label=metric,
        timestamps=tuple(datetime.fromtimestamp(i * period_s, UTC).isoformat() for i, _ in newest_first),
        values=tuple(round(statistic(data), 6) for _, data in newest_first),
    )


def _usage(host: HostRecord) -> Iterator[Count]:
    """CPUUtilization (AWS/EC2) and mem_used_percent (CWAgent) of the target's host, in percent."""
    for before, after in pairwise(host.snapshots):
        busy = _busy_ratio(before, after)
        if busy is not None:
            yield Count(after.at_s, "CPUUtilization", 100 * busy)
        total, available = after.resources.memory_total_bytes, after.resources.memory_available_bytes
        if total and available is not None:
            yield Count(after.at_s, "mem_used_percent", 100 * (1 - available / total))


def _busy_ratio(before: Snapshot, after: Snapshot) -> float | None:
    ends = (before.resources.cpu_busy_s, after.resources.cpu_busy_s)
    totals = (before.resources.cpu_total_s, after.resources.cpu_total_s)
    if None in (*ends, *totals):
        return None
    busy_s = (ends[1] or 0) - (ends[0] or 0)
    total_s = (totals[1] or 0) - (totals[0] or 0)
    return min(1.0, busy_s / total_s) if total_s > 0 else None
