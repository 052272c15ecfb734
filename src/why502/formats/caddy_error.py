"""Runtime log of Caddy 2: the failed exchange in Go's words (logger `http.log.error`, errors.go, reverseproxy.go).

Written at levels debug to error; entries of other loggers are understood and tell of no request.
"""

from __future__ import annotations

from why502.formats import go_errors
from why502.formats.caddy_access import client, entry_time
from why502.formats.fate import Fate
from why502.formats.fields import request_line, without_queries
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Request, Side

ABORTED = "aborting with incomplete response"


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None if it tells of no failed exchange, a string if it is none of Caddy's."""
    entry = row(line)
    if entry is None or not _is_caddys(entry):
        return "not an entry of Caddy's log"
    message = entry.text("msg") or ""
    if message == ABORTED:
        ended = go_errors.fate(entry.text("error") or "") or Fate(None, Phase.BODY, Manner.UNKNOWN)
        return _request(entry, Fate(None, Phase.BODY, ended.manner), f"{message}: {entry.text('error') or ''}", at)
    told = go_errors.fate(message) if (entry.text("logger") or "").startswith("http.log.error") else None
    return _request(entry, told, message, at) if told else None


def _is_caddys(entry: Row) -> bool:
    logger = entry.text("logger") or ""
    return entry.has("level", "ts", "msg") and not logger.startswith("http.log.access")


def _request(entry: Row, ended: Fate, reason: str, at: Place) -> Request:
    asked = entry.inner("request")
    method, path = request_line(f"{asked.text('method') or '-'} {asked.text('uri') or '-'} HTTP/1.1")
    return Request(
        proxy="caddy",
        at=at,
        start_s=None,
        end_s=entry_time(entry),
        status=None,
        side=ended.side,
        phase=ended.phase,
        manner=ended.manner,
        client=client(asked),
        target=go_errors.target(reason),
        method=method,
        path=path,
        total_s=entry.number("duration"),
        reason=without_queries(reason)[: go_errors.MAX_CHARACTERS],
    )


def fit(lines: list[str]) -> float:
    """Entries of Caddy's loggers; `level`, `ts` and `msg` alone are what every program with zap writes."""
    entries = [entry for line in lines if (entry := row(line)) and _is_caddys(entry)]
    named = any((entry.text("logger") or "").startswith(("http", "tls", "admin")) for entry in entries)
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str)) if named else 0.0


_ASKED = (
    '"request":{"remote_ip":"127.0.0.1","remote_port":"44420","proto":"HTTP/1.1","method":"GET",'
    '"host":"shop.example","uri":"/refused?id=7","headers":{}},"duration":0.000399256,"status":502,'
    '"err_id":"gju162y5e","err_trace":"reverseproxy.statusError (reverseproxy.go:1272)"}'
)

FORMAT = LogFormat(
    kind="caddy-error-log",
    source=Source.ERROR_LOG,
    fit=fit,
    parse=parse,
    family="caddy",
    samples=(
        Sample(
            '{"level":"error","ts":1795379804.0883152,"logger":"http.log.error.log0",'
            f'"msg":"dial tcp 10.0.0.7:8080: connect: connection refused",{_ASKED}',
            {
                "status": None,
                "side": Side.PROXY,
                "phase": Phase.CONNECT,
                "manner": Manner.REFUSED,
                "target": "10.0.0.7:8080",
                "client": "127.0.0.1:44420",
                "path": "/refused",
            },
            "Caddy 2.6.2 on loopback",
        ),
        Sample(
            '{"level":"error","ts":1795379804.1124775,"logger":"http.handlers.reverse_proxy",'
            '"msg":"aborting with incomplete response","error":"unexpected EOF"}',
            {"phase": Phase.BODY, "manner": Manner.CLOSED, "side": None, "client": None},
            "Caddy 2.6.2 on loopback",
        ),
    ),
)
