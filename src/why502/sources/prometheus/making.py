"""From raw samples to series that judgement uses: rates of counters, shares, sums over what belongs together."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from msgspec import structs

from why502.model.case import Series
from why502.model.evidence import Place
from why502.sources.prometheus.names import COUNTED, SHARES, Counted, Made, Share

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from why502.sources.prometheus.answer import Points, Sampled

NAME = "__name__"
POD = "kube_pod_info"
WHERE = frozenset({"instance", "pod", "container", "namespace", "pod_ip", "host_ip"})
"""Labels that tell whose series it is: always said."""

Labels = tuple[tuple[str, str], ...]


def make(sampled: Sequence[Sampled], path: str) -> list[Series]:
    """What judgement knows under its own names, everything else as it is."""
    sampled = with_addresses(sampled)
    by_metric: dict[str, list[Sampled]] = defaultdict(list)
    for one in sampled:
        by_metric[one.labels.get(NAME, "")].append(one)
    begins_s = _begins(sampled)
    used: set[str] = set()
    made: list[Series] = []
    for counted in COUNTED:
        if counted.metric in by_metric:
            used.add(counted.metric)
            made += _counted(counted, by_metric[counted.metric], begins_s, path)
    for share in SHARES:
        if share.part in by_metric and share.whole in by_metric:
            used |= {share.part, share.whole}
            made += _shares(share, by_metric[share.part], by_metric[share.whole], path)
    for metric, group in by_metric.items():
        if metric not in used:
            said = _said(group)
            made += [series(metric or label(one.labels, said), one, said, path) for one in group]
    return made


def with_addresses(sampled: Sequence[Sampled]) -> Sequence[Sampled]:
    """What is told of a pod by its name gets the address that kube-state-metrics' `kube_pod_info` tells of it."""
    told = {_pod(one.labels): one.labels["pod_ip"] for one in sampled if one.labels.get(NAME) == POD and _pod_ip(one)}
    if not told:
        return sampled
    return [
        structs.replace(one, labels={**one.labels, "pod_ip": told[_pod(one.labels)]})
        if _pod(one.labels) in told and not _pod_ip(one)
        else one
        for one in sampled
    ]


def _pod(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels.get("namespace", ""), labels.get("pod", "")


def _pod_ip(one: Sampled) -> str:
    return one.labels.get("pod_ip", "")


def series(name: str, one: Sampled, said: Collection[str], path: str) -> Series:
    """Samples as they are; `said` names the labels that belong to its place."""
    return _series(name, label(one.labels, said), one.points, path)


def label(labels: Mapping[str, str], said: Collection[str]) -> str:
    """As PromQL writes it.

    >>> label({"__name__": "up", "job": "api", "instance": "10.0.0.7:9100"}, {"instance"})
    'up{instance="10.0.0.7:9100"}'
    """
    inside = ",".join(f'{key}="{labels[key][:200]}"' for key in sorted(labels) if key in said)
    return f"{labels.get(NAME, '')[:200]}{{{inside}}}" if inside else labels.get(NAME, "")[:200]


def _said(group: Iterable[Sampled]) -> frozenset[str]:
    """Labels that tell the series of one metric apart, and those that tell whose they are."""
    seen: dict[str, set[str]] = defaultdict(set)
    group = list(group)
    for one in group:
        for key, value in one.labels.items():
            seen[key].add(value)
    apart = {key for key, values in seen.items() if len(values) > 1}
    return frozenset((apart | (WHERE & seen.keys())) - {NAME})


def _begins(sampled: Iterable[Sampled]) -> dict[str, float]:
    """When the first sample of anything was taken from each instance."""
    begins_s: dict[str, float] = {}
    for one in sampled:
        if one.points and (instance := one.labels.get("instance")):
            begins_s[instance] = min(begins_s.get(instance, float("inf")), one.points[0][0])
    return begins_s


def _counted(rule: Counted, group: Iterable[Sampled], begins_s: Mapping[str, float], path: str) -> Iterator[Series]:
    fitting = [one for one in group if all(re.fullmatch(p, one.labels.get(k, "")) for k, p in rule.labels.items())]
    parts: dict[Labels, list[Points]] = defaultdict(list)
    for one in fitting:
        parts[_key(one.labels, rule.merged)].append(_made(rule.made, one, begins_s))
    said = _said(fitting) - set(rule.merged)
    for key, points in parts.items():
        merged = _merged(points, mean=rule.mean)
        if merged:
            yield _series(rule.name, label(dict(key), said), merged, path)


def _from_zero(one: Sampled, begins_s: Mapping[str, float]) -> Points:
    """A counter that appears while its instance was scraped already was 0 before: it is made when it first counts."""
    points = one.points
    step_s = min((after[0] - before[0] for before, after in pairwise(points)), default=0.0)
    began_s = begins_s.get(one.labels.get("instance", ""))
    if began_s is None or not points or points[0][0] <= began_s:
        return points
    return ((max(began_s, points[0][0] - (step_s or float("inf"))), 0.0), *points)


def _made(made: Made, one: Sampled, begins_s: Mapping[str, float]) -> Points:
    """A point of growth stands at the sample before it: it tells of the span that begins there."""
    if made is Made.VALUE:
        return one.points
    points = one.points if made is Made.REST_OF_RATE else _from_zero(one, begins_s)
    grown = [(before[0], after[0] - before[0], _growth(before[1], after[1])) for before, after in pairwise(points)]
    match made:
        case Made.GROWTH:
            return tuple((at_s, growth) for at_s, _, growth in grown)
        case Made.RATE:
            return tuple((at_s, growth / span_s) for at_s, span_s, growth in grown if span_s > 0)
        case Made.REST_OF_RATE:
            return tuple((at_s, max(0.0, 1 - growth / span_s)) for at_s, span_s, growth in grown if span_s > 0)


def _growth(before: float, after: float) -> float:
    """A counter that fell began anew at 0, as Prometheus' own `increase` takes it."""
    return after - before if after >= before else after


def _key(labels: Mapping[str, str], without: Iterable[str]) -> Labels:
    return tuple(sorted((key, value) for key, value in labels.items() if key not in without))


def _merged(parts: Sequence[Points], *, mean: bool) -> Points:
    values: dict[float, list[float]] = defaultdict(list)
    for points in parts:
        for at_s, value in points:
            values[at_s].append(value)
    combine = fmean if mean else sum
    return tuple((at_s, float(combine(values[at_s]))) for at_s in sorted(values))


def _shares(rule: Share, parts: Iterable[Sampled], wholes: Iterable[Sampled], path: str) -> Iterator[Series]:
    whole_of = {_key(one.labels, (NAME,)): dict(one.points) for one in wholes}
    parts = list(parts)
    said = _said(parts)
    for one in parts:
        whole = whole_of.get(_key(one.labels, (NAME,)), {})
        if rule.growth:
            yield from _grown_shares(rule, one, whole, said, path)
            continue
        # cAdvisor writes a limit of 0 where there is none
        shares = [(at_s, value / whole[at_s]) for at_s, value in one.points if whole.get(at_s, 0.0) > 0]
        points = tuple((at_s, 1 - share if rule.rest else share) for at_s, share in shares)
        if points:
            yield _series(rule.name, label(one.labels, said), points, path)


def _grown_shares(
    rule: Share, one: Sampled, whole: Mapping[float, float], said: Collection[str], path: str
) -> Iterator[Series]:
    """Spans in which nothing was added to the whole tell no share; a point stands where its span begins."""
    both = [(at_s, value, whole[at_s]) for at_s, value in one.points if at_s in whole]
    grown = [(a[0], _growth(a[1], b[1]), _growth(a[2], b[2])) for a, b in pairwise(both)]
    points = tuple((at_s, min(1.0, part / all_)) for at_s, part, all_ in grown if all_ > 0)
    if points:
        yield _series(rule.name, label(one.labels, said), points, path)


def _series(name: str, label_: str, points: Points, path: str) -> Series:
    period_s = min((after[0] - before[0] for before, after in pairwise(points)), default=None)
    return Series(name, Place(path, mark="#", name=label_), points, period_s or None)
