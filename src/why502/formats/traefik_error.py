"""Log of Traefik itself: why it answered 5xx, in Go's words (`httputil/proxy.go`); at level DEBUG except for TLS.

JSON (`message` and `error`), version 3's text (`... > 502 Bad Gateway error="..."`) and version 2's logfmt
(`msg="'502 Bad Gateway' caused by: ..."`). No line names the request.
"""

from __future__ import annotations

import re

from why502.formats import go_errors
from why502.formats.fate import Fate
from why502.formats.fields import iso_time, without_queries
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import row
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

UNTOLD_OF_PROXY = Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)

_TEXT = expression(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)) (?:TRC|DBG|INF|WRN|ERR|FTL) (.*)", re.ASCII)
_LOGFMT = expression(r'time="([^"]{10,40})" level=[a-z]{4,7} msg=(.*)', re.ASCII)
_FAILED = expression(r"\b5\d\d [A-Z][A-Za-z ]{4,40}|Error while forwarding|no available server", re.ASCII)
_OWN_WORDS = expression(r"[Tt]raefik|entryPointName|providerName|routerName|serviceName|Bad Gateway|caused by: ")


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None if it tells of no failed exchange, a string if it is none of Traefik's."""
    told = _json(line)
    if told is None:
        found = _TEXT.match(line) or _LOGFMT.match(line)
        told = (found[1], found[2]) if found else None
    if told is None:
        return "not the shape of Traefik's log"
    time, text = told
    if not _FAILED.search(text[:4096]):
        return None
    # Whatever the words: it answered 5xx for a reason of its own.
    ended = go_errors.fate(text) or UNTOLD_OF_PROXY
    return Request(
        proxy="traefik",
        at=at,
        start_s=None,
        end_s=iso_time(time),
        status=None,
        side=ended.side,
        phase=ended.phase,
        manner=ended.manner,
        target=go_errors.target(text),
        reason=without_queries(text)[: go_errors.MAX_CHARACTERS],
    )


def _json(line: str) -> tuple[str, str] | None:
    entry = row(line)
    if entry is None or not entry.has("level", "time") or not entry.has("message"):
        return None
    return entry.text("time") or "", " ".join(filter(None, (entry.text("message"), entry.text("error"))))


def fit(lines: list[str]) -> float:
    """Other programs write such lines too: only words of Traefik's own make it certain."""
    named = any(map(_OWN_WORDS.search, lines))
    return 0.9 * share(lines, lambda line: not isinstance(parse(line, Place("")), str)) if named else 0.0


FORMAT = LogFormat(
    kind="traefik-log",
    source=Source.ERROR_LOG,
    fit=fit,
    parse=parse,
    family="traefik",
    samples=(
        Sample(
            '{"level":"debug","error":"dial tcp 10.0.0.7:8080: connect: connection refused",'
            '"time":"2026-11-22T19:37:34Z","message":"502 Bad Gateway"}',
            {
                "status": None,
                "side": Side.PROXY,
                "phase": Phase.CONNECT,
                "manner": Manner.REFUSED,
                "target": "10.0.0.7:8080",
                "end_s": 1795376254.0,
            },
            "github.com/traefik/traefik pkg/proxy/httputil/proxy.go (message and field)",
        ),
        Sample(
            "2026-11-22T19:37:34Z DBG github.com/traefik/traefik/v3/pkg/proxy/httputil/proxy.go:123 > 502 Bad Gateway "
            'error="EOF"',
            {"phase": Phase.WAIT, "manner": Manner.CLOSED, "target": None},
            "github.com/traefik/traefik/issues/8608 (error), version 3's text",
        ),
        Sample(
            'time="2025-02-18T03:57:54Z" level=debug msg="\'502 Bad Gateway\' caused by: readfrom tcp '
            '10.0.0.1:56118->10.0.0.7:80: client disconnected"',
            {"side": Side.CLIENT, "manner": Manner.GONE},
            "github.com/traefik/traefik/issues/11538 (title), version 2's logfmt",
        ),
        Sample(
            'time="2022-01-06T10:11:40Z" level=debug msg="\'504 Gateway Timeout\' caused by: dial tcp '
            '10.0.0.7:8080: i/o timeout"',
            {"phase": Phase.CONNECT, "manner": Manner.TIMEOUT, "target": "10.0.0.7:8080"},
            "github.com/traefik/traefik/issues/4426",
        ),
    ),
)
