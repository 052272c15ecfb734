"""Metrics exported from CloudWatch: what `aws cloudwatch get-metric-data` and `get-metric-statistics` print."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from why502.formats.fields import iso_time
from why502.model.case import Input, Misread, Series, Window
from why502.model.decoding import ready
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.sources.interface import FIRST_MISREAD, EvidenceFile, Reader, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KIND = "cloudwatch-metrics"

MAX_BYTES = 64 << 20
"""A year of one metric by the minute is 20 MB; a larger export is refused with a reason."""

SPARSE = expression(
    r"HTTPCode_\w+|HTTP_Redirect_\w+|HTTP_Fixed_Response_Count|RequestCount\w*|NewConnectionCount|RejectedConnectionCount"
    r"|\w+ErrorCount|ELBAuth(?:Error|Failure|Success)|Lambda(?:User|Internal)Error|UnhealthyRoutingRequestCount"
    r"|GrpcRequestCount|NonStickyRequestCount|DesyncMitigationMode_\w+|(?:Dropped|Forwarded)InvalidHeaderRequestCount",
    re.ASCII,
)
"""Sums that an ALB reports only when they are not zero (`load-balancer-cloudwatch-metrics`): no point means 0. A
missing time or host count, in contrast, means that nothing was measured."""

KNOWN = (
    *(f"HTTPCode_ELB_{code}_Count" for code in ("3XX", "4XX", "5XX", "500", "502", "503", "504")),
    *(f"HTTPCode_Target_{code}_Count" for code in ("2XX", "3XX", "4XX", "5XX")),
    "TargetConnectionErrorCount",
    "TargetTLSNegotiationErrorCount",
    "ClientTLSNegotiationErrorCount",
    "TargetResponseTime",
    "RequestCountPerTarget",
    "RequestCount",
    "NewConnectionCount",
    "ActiveConnectionCount",
    "RejectedConnectionCount",
    "UnHealthyHostCount",
    "HealthyHostCount",
    "UnhealthyRoutingRequestCount",
    "CPUUtilization",
    "MemoryUtilization",
    "cpu_usage_active",
    "mem_used_percent",
)
"""Names looked for inside a label such as 'app/shop/1234 HTTPCode_ELB_502_Count', or an id in lower case."""

_KNOWN = expression("|".join(rf"(?<![A-Za-z])({name})(?![A-Za-z])" for name in KNOWN), re.IGNORECASE | re.ASCII)
_CANONICAL = {name.lower(): name for name in KNOWN}
_NO_SUM = expression(
    r"(?<![A-Za-z\d/.-])(?:avg|average|mean|min(?:imum)?|max(?:imum)?|(?:p|tm|wm)\d{1,2}(?:\.\d{1,2})?)(?![A-Za-z\d/-])",
    re.IGNORECASE,
)
"""Statistics that are no sums, as people write them into labels and ids."""
_STATISTICS = ("Average", "Maximum", "Minimum", "SampleCount")


class _Result(Struct, frozen=True):
    """One element of `MetricDataResults`."""

    Timestamps: tuple[str | float, ...]
    Values: tuple[float, ...]
    Id: str = ""
    Label: str = ""


class _Datapoint(Struct, frozen=True):
    """One element of `Datapoints`; it holds the statistics that were asked for."""

    Timestamp: str | float
    Sum: float | None = None
    Average: float | None = None
    Maximum: float | None = None
    Minimum: float | None = None
    SampleCount: float | None = None

    def value(self, name: str) -> float | None:
        """A count is its sum: each sample of an ALB's is a 1, so that its average, least and most are 1 as well."""
        if SPARSE.fullmatch(name) is None:
            order = (*_STATISTICS, "Sum")
            return next((found for each in order if (found := getattr(self, each)) is not None), None)
        if self.Sum is None and self.Average is not None and self.SampleCount is not None:
            return self.Average * self.SampleCount
        return self.Sum


class _Export(Struct, frozen=True):
    """Either command's output; results are decoded one by one, so that a broken one costs only itself."""

    MetricDataResults: tuple[msgspec.Raw, ...] = ()
    Datapoints: tuple[msgspec.Raw, ...] = ()
    Label: str = ""


class _Part(Struct, frozen=True):
    """What one result gives; results with the same id and label are pages of one series."""

    key: tuple[str, str]
    points: tuple[tuple[float, float], ...]


def fit(head: bytes) -> float:
    """Certain, if one of the two commands' own words is there."""
    return float(
        head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        and (b'"MetricDataResults"' in head or (b'"Datapoints"' in head and b'"Label"' in head))
    )


def read(evidence: EvidenceFile) -> Reading:
    """Every metric as one series; a result that is not understood costs only itself."""
    parts: list[_Part] = []
    misreads: list[Misread] = []
    for place, part in _parts(evidence):
        if isinstance(part, str):
            misreads.append(Misread(place, part))
        else:
            parts.append(part)
    series = tuple(_series(evidence.path, parts))
    return Reading(
        Input(
            path=evidence.path,
            kind=KIND,
            source=Source.METRICS,
            records=len(parts),
            not_understood=len(misreads),
            first_not_understood=tuple(misreads[:FIRST_MISREAD]),
            window=_window(series),
        ),
        series,
    )


def _parts(evidence: EvidenceFile) -> Iterator[tuple[Place, _Part | str]]:
    whole = Place(evidence.path)
    with evidence.open() as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        yield whole, f"larger than {MAX_BYTES >> 20} MiB"
        return
    try:
        export = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=ready(_Export))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield whole, f"not the JSON of CloudWatch: {error}"
        return
    for number, raw in enumerate(export.MetricDataResults, 1):
        yield Place(evidence.path, number, "#"), _result(raw)
    if export.Datapoints or export.Label:
        yield from _statistics(evidence.path, export)


def _result(raw: msgspec.Raw) -> _Part | str:
    try:
        result = msgspec.json.decode(raw, type=ready(_Result))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"not a metric result: {error}"
    name = metric_name(result.Id, result.Label)
    rest = re.sub(re.escape(name), "", f"{result.Id} {result.Label}", flags=re.IGNORECASE).replace("_", " ")
    if SPARSE.fullmatch(name) and result.Values and (found := _NO_SUM.search(rest)):
        return f"{found[0]} of {name}, which is a count: ask for its Sum"
    if len(result.Timestamps) != len(result.Values):
        return f"{len(result.Timestamps)} timestamps for {len(result.Values)} values"
    times = [_time(at) for at in result.Timestamps]
    points = tuple((at_s, value) for at_s, value in zip(times, result.Values, strict=True) if at_s is not None)
    if len(points) < len(times):
        return "a timestamp is no time"
    return _Part((result.Id, result.Label), points)


def _statistics(path: str, export: _Export) -> Iterator[tuple[Place, _Part | str]]:
    points: list[tuple[float, float]] = []
    for number, raw in enumerate(export.Datapoints, 1):
        place = Place(path, number, "#")
        try:
            point = msgspec.json.decode(raw, type=ready(_Datapoint))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield place, f"not a datapoint: {error}"
            continue
        at_s, value = _time(point.Timestamp), point.value(metric_name("", export.Label))
        if at_s is None or value is None:
            count_ = SPARSE.fullmatch(metric_name("", export.Label))
            known = "its Sum" if count_ else "a statistic that is known"
            yield place, f"a datapoint without a time or without {known}"
            continue
        points.append((at_s, value))
    if points or not export.Datapoints:  # nothing was counted, which is an answer
        yield Place(path), _Part(("", export.Label), tuple(points))


def _time(at: str | float) -> float | None:
    if isinstance(at, str):
        return iso_time(at)
    return float(at) if 0 <= at < 1e11 else None


def metric_name(id_: str, label: str) -> str:
    """The metric's own name, found in the label or in the id; else the label as it is.

    >>> metric_name("m1", "app/shop/12 HTTPCode_ELB_502_Count")
    'HTTPCode_ELB_502_Count'
    >>> metric_name("m1", "queue depth")
    'queue depth'
    """
    found = _KNOWN.search(label) or _KNOWN.search(id_)
    return _CANONICAL[found[0].lower()] if found else label or id_


def _series(path: str, parts: Iterable[_Part]) -> Iterator[Series]:
    merged: dict[tuple[str, str], dict[float, float]] = {}
    for part in parts:
        merged.setdefault(part.key, {}).update(part.points)
    for (id_, label), points in merged.items():
        name = metric_name(id_, label)
        in_order = tuple(sorted(points.items()))
        yield Series(
            name=name,
            at=Place(path, mark="#", name=label or id_),
            points=in_order,
            period_s=_period([at_s for at_s, _ in in_order]),
            sparse=SPARSE.fullmatch(name) is not None,
        )


def _period(times: list[float]) -> float | None:
    """The greatest step that all points are multiples of; at least the true period, for points may be missing."""
    return float(math.gcd(*(round(later - earlier) for earlier, later in pairwise(times)))) or None


def _window(series: tuple[Series, ...]) -> Window | None:
    ends = [point[0] for each in series if each.points for point in (each.points[0], each.points[-1])]
    return Window(min(ends), max(ends)) if ends else None


READER = Reader(KIND, fit, read)
