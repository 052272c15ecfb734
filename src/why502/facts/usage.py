"""Processor, memory and swapping over time, from metrics and host snapshots."""

from __future__ import annotations

from ipaddress import ip_address
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.hosts import placed
from why502.model.evidence import Place, Source
from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from ipaddress import IPv4Address, IPv6Address

    from why502.model.case import Case, Series
    from why502.model.host import HostRecord

PER_CENT, RATIO = 0.01, 1.0

CPU_METRICS = {"CPUUtilization": PER_CENT, "cpu_usage_active": PER_CENT, "cpu-busy-ratio": RATIO}
MEMORY_METRICS = {"MemoryUtilization": PER_CENT, "mem_used_percent": PER_CENT, "memory-used-ratio": RATIO}
"""Of AWS/EC2, AWS/ECS and the CloudWatch agent, and our own names: what to multiply by for a share from 0 to 1."""
SWAP_METRICS = {"swap-in-pages-per-second": 1.0}


_TOLD = {
    label: expression(rf'(?<![a-z_]){label}="(?P<address>[0-9.]+|\[?[0-9a-fA-F:]*:[0-9a-fA-F:.]*?\]?)(?::\d+)?"')
    for label in ("pod_ip", "instance")
}
"""Labels that tell an address; a pod's own says more than that of the exporter that was asked about it."""
_HOST = expression(r'(?<![a-z_])host_ip="(?P<address>[^"]+)"')


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


def usages_of(case: Case, target: str | None, usages: Sequence[Usage]) -> Sequence[Usage]:
    """Those that are known to be the target's; else those of which nothing tells that they are another's."""
    own = [usage for usage in usages if is_of(case, target, usage)]
    return own or [usage for usage in usages if not is_elsewhere(target, usage)]


def is_of(case: Case, target: str | None, usage: Usage) -> bool:
    """Whether its label names the target's address, or that of the machine on which the target's pod runs."""
    address = _address(target)
    if not address:
        return False
    told = _TOLD["pod_ip"].search(usage.at.name)
    if told:
        return told["address"] == address
    return any(_names(usage.at.name, one) for one in (address, *_machines(case, address)))


def is_elsewhere(target: str | None, usage: Usage) -> bool:
    """Whether its label names an address which is not the target's: nothing that is measured there tells of it.

    A name may be anybody's; and so may any address where the target has but a name.
    """
    address = _address(target)
    own = _ip(address)
    if own is None or own.is_loopback:  # the proxy's own machine, whichever that is
        return False
    found = next((told for pattern in _TOLD.values() if (told := pattern.search(usage.at.name))), None)
    return found is not None and _ip(found["address"]) not in (None, own)


def elsewhere(usages: Sequence[Usage]) -> str:
    """Whose they are, for the sentence that they tell nothing: 'of 10.0.0.9:9100 and 2 more'."""
    names = list(dict.fromkeys(usage.at.name for usage in usages))
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "") if names else ""


def _address(target: str | None) -> str:
    return (target or "").rpartition(":")[0].strip("[]")


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def _machines(case: Case, address: str) -> list[str]:
    """Of the pod with that address, by kube-state-metrics' `kube_pod_info`."""
    labels = (series.at.name for series in case.metrics if series.name == "kube_pod_info")
    pods = (label for label in labels if (told := _TOLD["pod_ip"].search(label)) and told["address"] == address)
    return [host["address"] for label in pods if (host := _HOST.search(label))]


def _names(label: str, address: str) -> bool:
    """Whether the address stands in the label by itself: 10.0.0.7 is not 10.0.0.71."""
    before, found, after = label.partition(address)
    return bool(found) and not (before[-1:].isalnum() or before[-1:] == "." or after[:1].isalnum() or after[:1] == ".")
