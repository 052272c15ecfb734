"""Processor, memory and swapping over time, from metrics and host snapshots."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.hosts import placed
from why502.model.evidence import Place, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from why502.model.case import Case, Series
    from why502.model.host import HostRecord

PER_CENT, RATIO = 0.01, 1.0

CPU_METRICS = {"CPUUtilization": PER_CENT, "cpu_usage_active": PER_CENT, "cpu-busy-ratio": RATIO}
MEMORY_METRICS = {"MemoryUtilization": PER_CENT, "mem_used_percent": PER_CENT, "memory-used-ratio": RATIO}
"""Of AWS/EC2, AWS/ECS and the CloudWatch agent, and our own names: what to multiply by for a share from 0 to 1."""
SWAP_METRICS = {"swap-in-pages-per-second": 1.0}


class Usage(Struct, frozen=True):
    """One resource over time: (from, to, share in use from 0 to 1), epoch seconds."""

    source: Source
    at: Place
    spans: tuple[tuple[float, float, float], ...]


def processor(case: Case) -> list[Usage]:
    """Share of all processor time that was not idle."""
    return [*_metrics(case, CPU_METRICS), *_hosts(case, _busy)]


def memory(case: Case) -> list[Usage]:
    """Share of memory that is not available."""
    return [*_metrics(case, MEMORY_METRICS), *_hosts(case, _used)]


def swapping(case: Case) -> list[Usage]:
    """Pages read back from swap a second: memory that was needed and not there."""
    return [*_metrics(case, SWAP_METRICS)]


def _metrics(case: Case, factors: Mapping[str, float]) -> Iterator[Usage]:
    for series in case.metrics:
        if series.name in factors and series.points:
            period_s = series.period_s or _period_s(series)
            factor = factors[series.name]
            spans = tuple((at_s, at_s + period_s, value * factor) for at_s, value in series.points)
            yield Usage(Source.METRICS, series.at, spans)


def _period_s(series: Series) -> float:
    """The usual distance of points; CloudWatch's own default where there is only one."""
    return min((after[0] - before[0] for before, after in pairwise(series.points)), default=60.0)


def _hosts(case: Case, spans: Callable[[HostRecord], Iterator[tuple[float, float, float]]]) -> Iterator[Usage]:
    for record, at in placed(case):
        found = tuple(spans(record))
        if found:
            yield Usage(Source.HOST, at, found)


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


def usages_of(target: str | None, usages: Sequence[Usage]) -> Sequence[Usage]:
    """Those whose label names the target's address, if there are any; else all: nobody said whose they are."""
    address = (target or "").rpartition(":")[0].strip("[]")
    own = [usage for usage in usages if address and _names(usage.at.name, address)]
    return own or usages


def _names(label: str, address: str) -> bool:
    """Whether the address stands in the label by itself: 10.0.0.7 is not 10.0.0.71."""
    before, found, after = label.partition(address)
    return bool(found) and not (before[-1:].isalnum() or before[-1:] == "." or after[:1].isalnum() or after[:1] == ".")
