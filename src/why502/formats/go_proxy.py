"""Log of proxies made with Go's `httputil.ReverseProxy`: its default handler logs the error and answers 502.

Lines of package log with its usual flags, microseconds and file names too; local time without a zone. What stands
behind is of `defaultErrorHandler` and `copyResponse` (net/http/httputil/reverseproxy.go). No line names the request.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from why502.formats import go_errors
from why502.formats.fields import without_queries
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

_LINE = expression(
    r"(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)(?P<fraction>\.\d{6})? (?:[\w./-]{1,200}\.go:\d{1,6}: )?(?P<text>.+)",
    re.ASCII,
)
_FAILED = expression(r"http: proxy error: (?P<error>.+)", re.ASCII)
_BROKE_OFF = expression(r"httputil: ReverseProxy read error during body copy: (?P<error>.+)", re.ASCII)
BODY = {Manner.RESET: Manner.RESET, Manner.CLOSED: Manner.CLOSED, Manner.TIMEOUT: Manner.TIMEOUT}
"""How an answer that had begun can end."""


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None if it tells of no failed exchange, a string if package log did not write it."""
    found = _LINE.fullmatch(line)
    end_s = _time(found["time"], found["fraction"]) if found else None
    if found is None or end_s is None:
        return "not the shape of Go's package log"
    failed, broke_off = _FAILED.match(found["text"]), _BROKE_OFF.match(found["text"])
    told = failed or broke_off
    ended = go_errors.fate(told["error"]) if told else None
    if told is None or ended is None:
        return None
    phase, manner = ended.phase, ended.manner
    if broke_off and ended.side is not Side.CLIENT:
        phase, manner = Phase.BODY, BODY.get(manner or Manner.UNKNOWN, Manner.UNKNOWN)
    return Request(
        proxy="go",
        at=at,
        start_s=None,
        end_s=end_s,
        status=None,
        side=ended.side,
        phase=phase,
        manner=manner,
        target=go_errors.target(told["error"]),
        reason=without_queries(told[0])[: go_errors.MAX_CHARACTERS],
    )


def _time(text: str, fraction: str | None) -> float | None:
    try:
        moment = datetime.strptime(text, "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp() + float(fraction or 0)


def fit(lines: list[str]) -> float:
    """Any Go program writes such lines: only the words of its reverse proxy make it one."""
    own = any((found := _LINE.fullmatch(line)) and _named(found["text"]) for line in lines)
    return 0.9 * share(lines, lambda line: not isinstance(parse(line, Place("")), str)) if own else 0.0


def _named(text: str) -> bool:
    return bool(_FAILED.match(text) or _BROKE_OFF.match(text))


FORMAT = LogFormat(
    kind="go-proxy-log",
    source=Source.ERROR_LOG,
    fit=fit,
    parse=parse,
    family="go",
    samples=(
        Sample(
            "2026/11/22 19:37:34 http: proxy error: dial tcp 10.0.0.7:8080: connect: connection refused",
            {
                "status": None,
                "side": Side.PROXY,
                "phase": Phase.CONNECT,
                "manner": Manner.REFUSED,
                "target": "10.0.0.7:8080",
                "end_s": 1795376254.0,
            },
            "Go net/http/httputil/reverseproxy.go, defaultErrorHandler",
        ),
        Sample(
            "2026/11/22 19:37:34.250000 main.go:31: http: proxy error: read tcp 10.0.0.2:40022->10.0.0.7:8080: read: "
            "connection reset by peer",
            {"phase": Phase.WAIT, "manner": Manner.RESET, "target": "10.0.0.7:8080", "end_s": 1795376254.25},
            "the same, with log.Lmicroseconds and log.Lshortfile",
        ),
        Sample(
            "2026/11/22 19:37:34 http: proxy error: context canceled",
            {"side": Side.CLIENT, "manner": Manner.GONE, "target": None},
            "the same: the client left",
        ),
        Sample(
            "2026/11/22 19:37:34 httputil: ReverseProxy read error during body copy: unexpected EOF",
            {"phase": Phase.BODY, "manner": Manner.CLOSED, "target": None},
            "Go net/http/httputil/reverseproxy.go, copyResponse",
        ),
    ),
)
