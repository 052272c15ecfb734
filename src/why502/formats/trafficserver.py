"""Access log of Apache Traffic Server: `extended2` and squid's format (logging.yaml; admin-guide/logging).

The URL is the one after remapping, so its host is the target. Times are the start; `%<ttms>` is milliseconds, `%<tts>`
whole seconds.
"""

from __future__ import annotations

import re

from why502.formats.fields import host_and_port, local_time, milliseconds, present, request_line, seconds, whole
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.trafficserver_fate import Told, fate
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

_RESULT = r"((?:TCP|ERR|UDP|NONE|TUNNEL)_?[A-Z0-9_]{0,48})"
_EXTENDED2 = expression(
    r'(\S{1,255}) - (\S{1,255}) \[([^\]]{1,40})\] "((?:[^"\\]|\\.)*+)" (\d{3}) (\d{1,18}|-) (\d{3}) \d{1,18}'
    rf" \d{{1,18}} \d{{1,18}} (\d{{1,18}}) \d{{1,18}} \d{{1,18}} (\d{{1,18}}) (\d{{1,9}}) (\S{{1,64}})"
    rf" \S{{1,32}} \S{{1,32}} {_RESULT}$",
    re.ASCII,
)
_SQUID = expression(
    rf"(\d{{9,11}}(?:\.\d{{3}})?) {{1,8}}(\d{{1,12}}) (\S{{1,255}}) {_RESULT}/(\d{{3}}) (\d{{1,18}})"
    r" ([A-Z_-]{1,32}) (\S+) (\S{1,255}) ([A-Z_]{1,64})/(\S{1,255}) \S{1,255}$",
    re.ASCII,
)


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    if found := _EXTENDED2.match(line):
        client, _, time, asked, status, _, target_status, size, header_bytes, spent, _, result = found.groups()
        told = Told(result, whole(status), whole(target_status), whole(header_bytes))
        start_s, total_s = local_time(time.replace("-0000", "+0000")), seconds(spent)
        if start_s is None:
            return "its time is no time"
        return _request(told, at, start_s, total_s, client, asked, whole(size))
    if found := _SQUID.match(line):
        time, spent, client, result, status, _, method, url, *_ = found.groups()
        told = Told(result, whole(status))
        return _request(told, at, float(time), milliseconds(spent), client, f"{method} {url} HTTP/1.1", None)
    return "not the fields of Traffic Server's log"


def _request(
    told: Told, at: Place, start_s: float, total_s: float | None, client: str, asked: str, size: int | None
) -> Request:
    side, phase, manner = fate(told)
    method, path = request_line(asked)
    _, _, rest = asked.partition(" ")
    return Request(
        proxy="trafficserver",
        at=at,
        start_s=start_s,
        end_s=start_s + (total_s or 0.0),
        status=told.status,
        side=side,
        phase=phase,
        manner=manner,
        client=present(client),
        target=host_and_port(rest.partition(" ")[0]),
        method=method,
        path=path,
        request_bytes=size,
        target_status=told.status if side is Side.TARGET else None,
        wait_s=total_s if phase is Phase.WAIT else None,
        total_s=total_s,
        reason=told.result if manner is not None else None,
    )


def fit(lines: list[str]) -> float:
    """The share of lines; Squid itself writes the second format too."""
    return share(lines, lambda line: _EXTENDED2.match(line) or _SQUID.match(line))


FORMAT = LogFormat(
    kind="trafficserver-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="trafficserver",
    samples=(
        Sample(
            '127.0.0.1 - - [22/Nov/2026:20:37:10 -0000] "GET http://127.0.0.1:42065/closed?id=7 HTTP/1.1" 502 255 000 '
            "0 0 0 74 222 198 17 0 DIRECT FIN FIN ERR_CONNECT_FAIL",
            {
                "status": 502,
                "side": Side.PROXY,
                "phase": Phase.WAIT,
                "manner": Manner.CUT,
                "client": "127.0.0.1",
                "target": "127.0.0.1:42065",
                "path": "/closed",
                "start_s": 1795379830.0,
            },
            "Traffic Server 9.2.5 on loopback, extended2",
        ),
        Sample(
            "1795379830.117 1960 127.0.0.1 ERR_READ_TIMEOUT/504 475 GET http://127.0.0.1:42065/slow?id=7 - "
            "TIMEOUT_DIRECT/127.0.0.1 text/html",
            {
                "status": 504,
                "phase": Phase.WAIT,
                "manner": Manner.TIMEOUT,
                "target": "127.0.0.1:42065",
                "start_s": 1795379830.117,
                "total_s": 1.96,
            },
            "Traffic Server 9.2.5 on loopback, squid",
        ),
    ),
)
