"""Access log of Caddy 2: JSON, logger `http.log.access`, message `handled request` (server.go, marshalers.go).

`ts` is the end. Nothing names the upstream. Headers tell who answered: Go adds `Date` to Caddy's own answers only
when they are written, after they are logged, so a logged `Date` (or `Via`) came from the target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.formats.fate import UNTOLD, Fate, answered
from why502.formats.fields import iso_time, request_line
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Request, Side

if TYPE_CHECKING:
    from collections.abc import Iterable

FROM_TARGET = frozenset({"Date", "Via"})


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    entry = row(line)
    if entry is None or not (entry.text("logger") or "").startswith("http.log.access"):
        return "not an entry of Caddy's access log"
    status, total_s, end_s = entry.whole("status"), entry.number("duration"), entry_time(entry)
    side, phase, manner = _fate(entry, status)
    asked = entry.inner("request")
    method, path = request_line(f"{asked.text('method') or '-'} {asked.text('uri') or '-'} HTTP/1.1")
    return Request(
        proxy="caddy",
        at=at,
        start_s=end_s - total_s if end_s is not None and total_s is not None else None,
        end_s=end_s,
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=client(asked),
        group=asked.text("host"),
        method=method,
        path=path,
        request_bytes=entry.whole("bytes_read"),
        target_status=status if side is Side.TARGET else None,
        total_s=total_s,
    )


def entry_time(entry: Row) -> float | None:
    """Float seconds unless `time_format` says otherwise."""
    text = entry.text("ts")
    return entry.number("ts") or (iso_time(text) if text else None)


def client(asked: Row) -> str | None:
    """'address:port' of who sent the request."""
    host, port = asked.text("remote_ip"), asked.text("remote_port")
    return f"{host}:{port}" if host and port else host or asked.text("remote_addr")


def _fate(entry: Row, status: int | None) -> Fate:
    if status in (None, 0, 499):
        return Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE)
    headers: Iterable[str] = entry.inner("resp_headers").values
    if FROM_TARGET.intersection(headers):
        return answered(status)
    if status < 500:
        return Fate(None, Phase.UNKNOWN)
    empty = not entry.number("size") and not any(name.startswith("Content-") for name in headers)
    return Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN) if empty else UNTOLD


def fit(lines: list[str]) -> float:
    """The share of access entries."""
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str))


FORMAT = LogFormat(
    kind="caddy-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="caddy",
    samples=(
        Sample(
            '{"level":"error","ts":1795379805.10486,"logger":"http.log.access.log0","msg":"handled request","request":'
            '{"remote_ip":"127.0.0.1","remote_port":"44548","proto":"HTTP/1.1","method":"GET","host":"shop.example",'
            '"uri":"/slow?id=7","headers":{}},"user_id":"","duration":1.002112945,"size":0,"status":504,'
            '"resp_headers":{"Server":["Caddy"]}}',
            {
                "status": 504,
                "side": Side.PROXY,
                "phase": Phase.UNKNOWN,
                "manner": Manner.UNKNOWN,
                "client": "127.0.0.1:44548",
                "path": "/slow",
                "end_s": 1795379805.10486,
                "total_s": 1.002112945,
            },
            "Caddy 2.6.2 on loopback",
        ),
    ),
)
