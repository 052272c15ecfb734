"""The article's plot: 5xx by origin over time, from logs or else from the balancer's own counts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from why502.facts.metered_failures import ELB_5XX, ELB_5XX_ALL, TARGET_5XX
from why502.model.traffic import Bucket

if TYPE_CHECKING:
    from why502.model.case import Case

PERIOD_S = 60.0
"""CloudWatch's period for load balancers."""


def timeline(case: Case) -> tuple[tuple[Bucket, ...], float]:
    """Buckets and their width in seconds."""
    if case.traffic is not None and case.traffic.timeline:
        return case.traffic.timeline, case.traffic.bucket_s
    names = {series.name for series in case.metrics}
    proxy = [name for name in ELB_5XX if name in names] or [ELB_5XX_ALL]
    counts: dict[float, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for series in case.metrics:
        column = 0 if series.name == "RequestCount" else 1 if series.name in proxy else 2
        if column < 2 or series.name == TARGET_5XX:
            for at_s, value in series.points:
                counts[at_s][column] += value
    buckets = tuple(Bucket(at_s, *(round(value) for value in counts[at_s])) for at_s in sorted(counts))
    periods = [series.period_s for series in case.metrics if series.period_s]
    return buckets, min(periods, default=PERIOD_S)
