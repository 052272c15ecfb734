"""Processor and memory over time, from metrics and host snapshots, set against the times of failures."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.model.evidence import Place, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from why502.model.case import Case, Series
    from why502.model.host import HostRecord

CPU_METRICS = ("CPUUtilization", "cpu_usage_active")
MEMORY_METRICS = ("MemoryUtilization", "mem_used_percent")
"""Per cent; AWS/EC2, AWS/ECS and the CloudWatch agent."""


class Usage(Struct, frozen=True):
    """One resource over time: (from, to, share in use from 0 to 1), epoch seconds."""

    source: Source
    at: Place
    spans: tuple[tuple[float, float, float], ...]


class Comparison(Struct, frozen=True):
    """Use during spans with failures, and during the others. None: there is no such span."""

    during: float | None
    otherwise: float | None
    spans: int

    def __str__(self) -> str:
        parts = (("while requests failed", self.during), ("otherwise", self.otherwise))
        said = [f"{when} {share:.0%} (median)" for when, share in parts if share is not None]
        return ", ".join(said)


def processor(case: Case) -> list[Usage]:
    """Share of all processor time that was not idle."""
    return [*_metrics(case, CPU_METRICS), *_hosts(case, _busy)]


def memory(case: Case) -> list[Usage]:
    """Share of memory that is not available."""
    return [*_metrics(case, MEMORY_METRICS), *_hosts(case, _used)]


def compare(usage: Usage, failures_s: Sequence[float]) -> Comparison:
    """Medians over spans that hold a failure, and over those that hold none."""
    during: list[float] = []
    otherwise: list[float] = []
    for from_s, to_s, share in usage.spans:
        failed = any(from_s <= at_s < to_s for at_s in failures_s)
        (during if failed else otherwise).append(share)
    return Comparison(
        during=median(during) if during else None,
        otherwise=median(otherwise) if otherwise else None,
        spans=len(usage.spans),
    )


def _metrics(case: Case, names: Sequence[str]) -> Iterator[Usage]:
    for series in case.metrics:
        if series.name in names and series.points:
            period_s = series.period_s or _period_s(series)
            spans = tuple((at_s, at_s + period_s, value / 100) for at_s, value in series.points)
            yield Usage(Source.METRICS, series.at, spans)


def _period_s(series: Series) -> float:
    """The usual distance of points; CloudWatch's own default where there is only one."""
    return min((after[0] - before[0] for before, after in pairwise(series.points)), default=60.0)


def _hosts(case: Case, spans: Callable[[HostRecord], Iterator[tuple[float, float, float]]]) -> Iterator[Usage]:
    paths = [i.path for i in case.inputs if i.source is Source.HOST]
    for index, record in enumerate(case.hosts):
        found = tuple(spans(record))
        if found:
            path = paths[index] if index < len(paths) else record.hostname
            yield Usage(Source.HOST, Place(path), found)


def _busy(record: HostRecord) -> Iterator[tuple[float, float, float]]:
    for before, after in pairwise(record.snapshots):
        a, b = before.resources, after.resources
        if None in (a.cpu_busy_s, b.cpu_busy_s, a.cpu_total_s, b.cpu_total_s):
            continue
        total_s = (b.cpu_total_s or 0.0) - (a.cpu_total_s or 0.0)
        busy_s = (b.cpu_busy_s or 0.0) - (a.cpu_busy_s or 0.0)
        if total_s > 0 and busy_s >= 0:
            yield before.at_s, after.at_s, min(1.0, busy_s / total_s)


def _used(record: HostRecord) -> Iterator[tuple[float, float, float]]:
    for before, after in pairwise(record.snapshots):
        total, available = after.resources.memory_total_bytes, after.resources.memory_available_bytes
        if total and available is not None:
            yield before.at_s, after.at_s, 1 - available / total
