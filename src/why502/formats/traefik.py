"""Access log of Traefik in its own Common Log Format: combined, then the count of requests, router, server, time.

The time is the start, in whole seconds.
"""

from __future__ import annotations

import re

from why502.formats.fields import host_and_port, local_time, milliseconds, present, request_line, whole
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.traefik_fate import fate
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
_LINE = expression(
    rf"(\S{{1,255}}) - ([^\[]{{1,256}}) \[([^\]]{{1,40}})\] {_QUOTED} (\d{{1,3}}|-) (\d{{1,18}}|-) {_QUOTED} {_QUOTED}"
    rf" (\d{{1,18}}|-) {_QUOTED} {_QUOTED} (\d{{1,12}})ms$",
    re.ASCII,
)


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    found = _LINE.match(line)
    start_s = local_time(found[3]) if found else None
    if not found or start_s is None:
        return "not the fields of Traefik's access log"
    client, _, _, asked, status_text, size, _, _, _, router, server, duration = found.groups()
    status, total_s, target = whole(status_text), milliseconds(duration) or 0.0, host_and_port(server)
    side, phase, manner = fate(status, whole(size), chosen=present(server) is not None)
    method, path = request_line(asked)
    return Request(
        proxy="traefik",
        at=at,
        start_s=start_s,
        end_s=start_s + total_s,
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=present(client),
        target=target,
        group=present(router),
        method=method,
        path=path,
        target_status=status if side is Side.TARGET else None,
        total_s=total_s,
    )


def fit(lines: list[str]) -> float:
    """The share of lines that are Traefik's."""
    return share(lines, _LINE.match)


_DOCUMENT = "doc.traefik.io/traefik/observability/access-logs (CLF), values changed"

FORMAT = LogFormat(
    kind="traefik-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="traefik",
    samples=(
        Sample(
            '192.0.2.9 - - [22/Nov/2026:19:37:34 +0000] "GET /orders?id=7 HTTP/1.1" 502 11 "-" "curl/8.5.0" 42 '
            '"shop@docker" "http://10.0.0.7:8080" 3ms',
            {
                "status": 502,
                "side": Side.PROXY,
                "phase": Phase.UNKNOWN,
                "manner": Manner.UNKNOWN,
                "target": "10.0.0.7:8080",
                "group": "shop@docker",
                "path": "/orders",
                "start_s": 1795376254.0,
                "total_s": 0.003,
            },
            _DOCUMENT,
        ),
        Sample(
            '192.0.2.9 - - [22/Nov/2026:19:37:34 +0000] "GET / HTTP/1.1" 503 20 "-" "-" 43 "shop@docker" "-" 0ms',
            {"status": 503, "phase": Phase.NO_TARGET, "target": None, "side": Side.PROXY},
            _DOCUMENT,
        ),
    ),
)
