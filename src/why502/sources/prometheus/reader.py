"""Saved answers of Prometheus as evidence: `curl 'http://prometheus:9090/api/v1/query_range?...' > metrics.json`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.facts.metered import RESTARTS
from why502.model.case import Input, KernelEvent, Misread, Series, Window
from why502.model.evidence import Place, Source
from why502.model.words import count
from why502.sources.interface import FIRST_MISREAD, EvidenceFile, Reader, Reading
from why502.sources.prometheus.answer import KINDS, Sampled, decode
from why502.sources.prometheus.making import make

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KIND: Final = "prometheus-metrics"

MAX_BYTES: Final = 64 << 20
MAX_SERIES: Final = 5000
"""As many as Prometheus itself would hardly draw; the rest is counted."""


def fit(head: bytes) -> float:
    """Certain, if the API's own words are there."""
    named = b'"resultType"' in head and any(b'"%s"' % kind.encode() in head for kind in KINDS)
    return float(head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"status"' in head and named)


def read(evidence: EvidenceFile) -> Reading:
    """Every series that judgement knows under its name, the others under theirs."""
    with evidence.open() as stream:
        content = stream.read(MAX_BYTES + 1)
    decoded = f"larger than {MAX_BYTES >> 20} MiB" if len(content) > MAX_BYTES else decode(content)
    if isinstance(decoded, str):
        return reading(evidence.path, (), [Misread(Place(evidence.path), decoded)], 0)
    misreads = [
        Misread(Place(evidence.path, number, "#"), one) for number, one in enumerate(decoded, 1) if isinstance(one, str)
    ]
    sampled = [one for one in decoded if isinstance(one, Sampled)]
    if len(sampled) > MAX_SERIES:
        why = f"{len(sampled)} series; the first {MAX_SERIES} were read"
        misreads.append(Misread(Place(evidence.path), why))
    kept = sampled[:MAX_SERIES]
    return reading(evidence.path, make(kept, evidence.path), misreads, len(kept))


def reading(path: str, made: Sequence[Series], misreads: Sequence[Misread], records: int) -> Reading:
    """The line of one answer, or of several that were asked for together."""
    ends = [end[0] for each in made if each.points for end in (each.points[0], each.points[-1])]
    line = Input(
        path=path,
        kind=KIND,
        source=Source.METRICS,
        records=records,
        not_understood=len(misreads),
        first_not_understood=tuple(misreads[:FIRST_MISREAD]),
        window=Window(min(ends), max(ends)) if ends else None,
    )
    return Reading(line, (*made, *_restarts(made)))


def _restarts(made: Sequence[Series]) -> Iterator[KernelEvent]:
    """Each growth of a counter of restarts is a process that ended, at some time within the span that follows."""
    for each in made:
        if each.name == RESTARTS:
            for at_s, grown in each.points:
                if grown > 0:
                    text = f"restarted {count(round(grown), 'time')}"
                    yield KernelEvent(at_s, "exit", each.at, None, each.at.name, text, addresses=_pod_ip(each.at.name))


def _pod_ip(label: str) -> tuple[str, ...]:
    found = re.search(r'(?<![a-z_])pod_ip="([^"]+)"', label)
    return (found[1],) if found else ()


READER: Final = Reader(KIND, fit, read)
