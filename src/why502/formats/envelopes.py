"""What loggers and container engines put around a proxy's own line.

Syslog of both kinds (RFC 3164 and 5424, as rsyslog and journald write them to files), the CRI format of Kubernetes
nodes, Docker's json-file, JSON records with the line in `log` or `message`, and the name in front that
`docker compose logs` adds. So are exports of log stores: `logcli -o jsonl` of Loki, JSON of Splunk and Datadog, hits of
Elasticsearch, results of CloudWatch Logs Insights, and what Google Cloud makes of a container's JSON lines.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from why502.formats.json_line import row
from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.formats.interface import LogFormat
    from why502.model.case import KernelEvent
    from why502.model.evidence import Place
    from why502.model.requests import Request

_ISO = r"\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:?\d\d)"
_AROUND = expression(
    rf"(?:<\d{{1,3}}>)?(?:[A-Z][a-z]{{2}} [ \d]\d (?:\d{{4}} )?\d\d:\d\d:\d\d(?:\.\d{{1,9}})?|{_ISO})"
    r" (?:[^\s\[\]\"{}]{1,255} )?[^\s:\[\]\"{}]{1,64}(?:\[\d{1,10}\])?: "
    rf"|<\d{{1,3}}>1 (?:{_ISO}|-) \S{{1,255}} \S{{1,48}} \S{{1,128}} \S{{1,32}} (?:-|\[[^\]]{{0,1000}}\]) (?:\ufeff)?"
    rf"|{_ISO} (?:stdout|stderr) [FP] "
    r"|[\w.-]{1,64} {0,32}\| ",
    re.ASCII,
)
_TEXT_KEYS = ("log", "message", "MESSAGE", "textPayload", "line", "_raw", "@message")
_INNER_KEYS = ("jsonPayload", "result", "_source", "attributes", "content")
"""Objects in which stores put the record that was sent to them."""


def content(line: str) -> str:
    """The proxy's own line; the line itself if nothing is around it.

    >>> content('<134>Nov 22 20:35:08 gw haproxy[41]: 192.0.2.1:46414 [22/Nov/2026'), content("plain")
    ('192.0.2.1:46414 [22/Nov/2026', 'plain')
    """
    around = _AROUND.match(line)
    return line[around.end() :] if around else line


def _carried(line: str) -> str | None:
    """The line inside a JSON record, or the record inside what a store put around it."""
    record = row(line)
    if record is None:
        return None
    inner = next((found for key in _INNER_KEYS if (found := record.inner(key)).values), None)
    text = record.text(*_TEXT_KEYS) or (inner.text(*_TEXT_KEYS) if inner else None)
    if text:
        return text.strip()
    return msgspec.json.encode(inner.values).decode() if inner else None


def seeing_through(log_format: LogFormat, family: Sequence[LogFormat]) -> LogFormat:
    """The format, which now reads its lines inside envelopes as well, and those of its family."""

    def parse(line: str, at: Place) -> Request | None | str:
        bare = line if log_format.whole_line else content(line)
        read = log_format.parse(bare, at)
        if not isinstance(read, str):
            return read
        if bare.startswith("{") and (carried := _carried(bare)):
            return parse(carried, at) if not carried.startswith("{") else _first(carried, at, read)
        return _first(bare, at, read)

    def _first(line: str, at: Place, refused: str) -> Request | None | str:
        answers = (other.parse(line, at) for other in (log_format, *family))
        return next((answer for answer in answers if not isinstance(answer, str)), refused)

    def fit(lines: list[str]) -> float:
        bare = lines if log_format.whole_line else [content(line) for line in lines]
        own = log_format.fit(bare)
        carried = [_carried(line) or line for line in bare] if any(line.startswith("{") for line in bare) else bare
        return own if carried == bare else max(own, log_format.fit(carried))

    tells = [each.tell for each in (log_format, *family) if each.tell is not None]

    def tell(line: str, at: Place, near_s: float | None, written_s: float | None = None) -> KernelEvent | None:
        return next((event for each in tells if (event := each(line, at, near_s, written_s)) is not None), None)

    return replace(log_format, parse=parse, fit=fit, tell=tell if tells else None)
