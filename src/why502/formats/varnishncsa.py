"""Access log of Varnish as `varnishncsa` writes it: combined, with the full URL in the request.

The time is the start in whole seconds. Nothing tells why a backend failed (that is in `varnishlog`, tag FetchError),
but all that Varnish itself makes of a failure is 503.
"""

from __future__ import annotations

import re

from why502.formats.fate import UNTOLD, Fate, answered
from why502.formats.fields import local_time, present, request_line, whole
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
_LINE = expression(
    rf'(\S{{1,255}}) - ([^\[]{{1,256}}) \[([^\]]{{1,40}})\] "([A-Z-]{{1,32}} https?://(?:[^"\\]|\\.)*+)" (\d{{3}})'
    rf" (\d{{1,18}}|-) {_QUOTED} {_QUOTED}$",
    re.ASCII,
)


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    found = _LINE.match(line)
    at_s = local_time(found[3]) if found else None
    if not found or at_s is None:
        return "not the fields of varnishncsa"
    status = whole(found[5])
    side, phase, manner = _fate(status)
    method, path = request_line(found[4])
    return Request(
        proxy="varnish",
        at=at,
        start_s=at_s,
        end_s=at_s,
        status=status,
        side=side,
        phase=phase,
        manner=manner,
        client=present(found[1]),
        method=method,
        path=path,
        target_status=status if side is Side.TARGET else None,
    )


def _fate(status: int | None) -> Fate:
    if status == 503:
        return UNTOLD
    return answered(status) if status is not None and status >= 500 else Fate(None, Phase.UNKNOWN)


def fit(lines: list[str]) -> float:
    """Forward proxies log full URLs in `combined` too."""
    return 0.85 * share(lines, _LINE.match)


FORMAT = LogFormat(
    kind="varnish-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            '127.0.0.1 - - [22/Nov/2026:20:35:43 +0000] "GET http://shop.example/reset?id=7 HTTP/1.1" 503 283 "-" "-"',
            {
                "status": 503,
                "side": None,
                "phase": Phase.UNKNOWN,
                "manner": Manner.UNKNOWN,
                "client": "127.0.0.1",
                "path": "/reset",
                "start_s": 1795379743.0,
            },
            "varnishncsa 7.1.1 on loopback",
        ),
    ),
)
