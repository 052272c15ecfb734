"""Access log of Apache httpd: `common`, `combined`, `vhost_combined`, each with `%D` and the worker's URL behind it.

`combined` is the line that nginx writes too. What tells them apart is the error log beside it (`sources`), lines of
that error log in the same file, or a virtual host in front. `%t` is the *start* of the request in whole seconds; the
end is known only with `%D` (microseconds). Nothing here tells what the target did: mod_proxy says it in the error log.
"""

from __future__ import annotations

import re

from why502.formats import apache_error
from why502.formats.fate import UNTOLD, Fate
from why502.formats.fields import host_and_port, local_time, present, request_line, whole
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request

_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
_LINE = expression(
    rf"(?:([\w.*-]{{1,255}}:\d{{1,5}}) )?(\S{{1,255}}) \S{{1,255}} ([^\[]{{1,256}}) \[([^\]]{{1,40}})\] {_QUOTED}"
    rf" (\d{{3}}) (\d{{1,18}}|-)(?: {_QUOTED} {_QUOTED})?",
    re.ASCII,
)
_DURATION = expression(r"(?:^| )(\d{3,12})(?= |$)", re.ASCII)
_WORKER = expression(r"(?:^| )\"?(https?://[^\s\"]{1,512})", re.ASCII)

MAX_REST_CHARACTERS = 4096


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    found = _LINE.match(line)
    start_s = local_time(found[4]) if found else None
    if not found or start_s is None:
        return "not the fields of Apache's access log"
    rest = line[found.end() : found.end() + MAX_REST_CHARACTERS]
    status, total_s = whole(found[6]), _duration_s(rest)
    worker = _WORKER.search(rest)
    failed = status is not None and status >= 500
    side, phase, manner = UNTOLD if failed else Fate(None, Phase.UNKNOWN)
    method, path = request_line(found[5])
    return Request(
        proxy="apache",
        at=at,
        start_s=start_s,
        end_s=start_s if total_s is None else start_s + total_s,
        status=status,
        side=side,
        phase=phase,
        manner=manner,
        client=present(found[2]),
        target=host_and_port(worker[1]) if worker else None,
        method=method,
        path=path,
        total_s=total_s,
    )


def _duration_s(rest: str) -> float | None:
    """`%D`. A number below 100 could as well be `%T`, in seconds, and is left alone."""
    found = _DURATION.search(rest)
    return int(found[1]) / 1e6 if found else None


def fit(lines: list[str]) -> float:
    """Plain `combined` is nginx's first; a virtual host, or lines of Apache's error log between, make it Apache's."""
    read = [_LINE.match(line) for line in lines]
    mine = share(lines, _LINE.match)
    if not mine:
        return 0.0
    if any(found and found[1] for found in read):
        return 0.96 * mine
    errors = apache_error.fit(lines)
    return 0.9 * (mine + errors) if errors else 0.6 * mine


FORMAT = LogFormat(
    kind="apache-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="apache",
    samples=(
        Sample(
            'localhost:80 127.0.0.1 - - [22/Nov/2026:20:35:12 +0000] "GET /retried?id=7 HTTP/1.1" 502 559 "-" "-" '
            "1001279 http://127.0.0.1:42051/retried",
            {
                "status": 502,
                "side": None,
                "phase": Phase.UNKNOWN,
                "manner": Manner.UNKNOWN,
                "client": "127.0.0.1",
                "target": "127.0.0.1:42051",
                "path": "/retried",
                "start_s": 1795379712.0,
                "total_s": 1.001279,
            },
            'Apache 2.4.71, vhost_combined with "%D %{BALANCER_WORKER_NAME}e" behind it',
        ),
        Sample(
            'shop.example:443 192.0.2.9 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 '
            '"http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"',
            {"status": 200, "manner": None, "path": "/apache_pb.gif", "end_s": 971211336.0, "total_s": None},
            "httpd.apache.org/docs/2.4/logs.html (combined), with a virtual host in front",
        ),
    ),
)
