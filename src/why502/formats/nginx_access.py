"""Access log of nginx: `combined`, what ingress-nginx adds to it, and `combined` followed by key=value pairs.

`combined` has no upstream data at all (ngx_http_log_module), and Apache writes the same line: a 502 in it tells
only that it happened. `$time_local` is the *end* of the request in whole seconds; `msec=$msec` is used when there.
"""

from __future__ import annotations

import re

from why502.formats import nginx_upstream
from why502.formats.fate import UNTOLD, Fate
from why502.formats.fields import iso_time, local_time, present, request_line, seconds, whole
from why502.formats.interface import LogFormat, Sample
from why502.formats.nginx_upstream import CLIENT_CLOSED, Exchange, Upstream
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Attempt, Manner, Phase, Request, Side

_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
_COMBINED = expression(
    rf"(\S+) - ([^\[]{{1,256}}) \[([^\]]{{1,40}})\] {_QUOTED} (\d{{3}}) (\d{{1,18}}|-)(?: {_QUOTED} {_QUOTED})?",
    re.ASCII,
)
_INGRESS = expression(
    r" (\d{1,18}|-) ([\d.]{1,20}|-) \[([^\]]{0,256})\] \[[^\]]{0,256}\]"
    r" ([^\s,]+(?:(?:, | : )[^\s,]+)*+) ([\d-]+(?:(?:, | : )[\d-]+)*+)"
    r" ([\d.-]+(?:(?:, | : )[\d.-]+)*+) ([\d-]+(?:(?:, | : )[\d-]+)*+) (\S+)",
    re.ASCII,
)
_KEY = expression(r"\b(\w{1,40}+)=", re.ASCII)

MAX_VALUE_CHARACTERS = 4096

_KEYS = {
    "request_time": ("rt", "request_time", "req_time"),
    "msec": ("msec",),
    "address": ("ua", "uaddr", "upstream", "upstream_addr", "addr"),
    "status": ("us", "ust", "ustatus", "upstream_status", "status"),
    "connect_time": ("uct", "upstream_connect_time"),
    "header_time": ("uht", "upstream_header_time"),
    "response_time": ("urt", "upstream_response_time"),
    "response_length": ("upstream_response_length",),
    "request_length": ("rl", "request_length"),
}
"""Our name -> the keys people commonly give that variable; of several in one line the first counts."""

KEYS_OF_OURS = {key: ours for ours, keys in _KEYS.items() for key in keys}
"""A key -> our name."""


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    found = _COMBINED.match(line)
    if not found:
        return "not the fields of nginx's combined log"
    client, _, time, request, status_text, sent_bytes, *_ = found.groups()
    logged_s = local_time(time) if "/" in time else iso_time(time)
    if logged_s is None:
        return "its time is neither $time_local nor $time_iso8601"
    more = _more(line[found.end() :])
    end_s = seconds(more.get("msec", "")) or logged_s
    total_s = seconds(more.get("request_time", ""))
    status = whole(status_text)
    exchange = _exchange(status, more, own_page=(whole(sent_bytes) or 0) > 0)
    method, path = request_line(request)
    return Request(
        proxy="nginx",
        at=at,
        start_s=round(end_s - total_s, 3) if total_s is not None else None,
        end_s=end_s,
        status=status,
        side=exchange.fate.side,
        phase=exchange.fate.phase,
        manner=exchange.fate.manner,
        client=present(client),
        target=exchange.target,
        group=present(more.get("group", "")) or exchange.group,
        method=method,
        path=path,
        request_bytes=whole(more.get("request_length", "")),
        target_status=exchange.target_status,
        connect_s=exchange.connect_s,
        wait_s=exchange.wait_s,
        total_s=total_s,
        attempts=exchange.attempts,
    )


def is_combined(line: str) -> bool:
    """Whether the line begins as `combined` does."""
    return _COMBINED.match(line) is not None


def is_ingress(rest: str) -> bool:
    """Whether what follows `combined` is what ingress-nginx adds."""
    return _INGRESS.match(rest) is not None


def _more(rest: str) -> dict[str, str]:
    """What follows `combined`, under our names."""
    if ingress := _INGRESS.match(rest):
        names = ("request_length", "request_time", "group", "address", "response_length", "response_time", "status")
        return dict(zip(names, ingress.groups(), strict=False))
    pairs = _pairs(rest)
    return {KEYS_OF_OURS[key]: pairs[key] for key in reversed(pairs) if key in KEYS_OF_OURS}


def _pairs(rest: str) -> dict[str, str]:
    """key=value pairs, quoted or not; an unquoted value reaches to the next key, for lists hold spaces."""
    pairs: dict[str, str] = {}
    keys = list(_KEY.finditer(rest))
    taken = 0
    ends = [key.start() for key in keys[1:]] + [len(rest)]
    for key, following in zip(keys, ends, strict=False):
        if key.start() < taken:
            continue  # inside a quoted value
        start = key.end()
        if rest.startswith('"', start):
            close = rest.find('"', start + 1)
            taken = close if close >= 0 else len(rest)
            value = rest[start + 1 : taken]
        else:
            value = rest[start:following].rstrip(' ,;|"[]')
        pairs[key[1]] = value[:MAX_VALUE_CHARACTERS]
    return pairs


def _exchange(status: int | None, more: dict[str, str], *, own_page: bool) -> Exchange:
    names = ("address", "status", "connect_time", "header_time", "response_time", "response_length")
    if any(name in more for name in names):
        service = present(more.get("group", "")) is not None
        upstream = Upstream(**{name: more.get(name) for name in names}, own_page=own_page, service=service)
        return nginx_upstream.read(status, upstream)
    if status == CLIENT_CLOSED:
        return Exchange(Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE))
    failed = status is not None and status >= 500
    return Exchange(UNTOLD if failed else Fate(None, Phase.UNKNOWN))


def fit(lines: list[str]) -> float:
    """The share of lines that are nginx's; other servers write `combined` too, so that alone is no certainty."""
    read = [_COMBINED.match(line) for line in lines]
    understood = [found for found in read if found]
    if not understood:
        return 0.0
    upstream = any(_more(found.string[found.end() :]) for found in understood)
    return (0.95 if upstream else 0.7) * len(understood) / len(lines)


_LOG_MODULE = "nginx.org/en/docs/http/ngx_http_log_module.html"
_CLIENT = '127.0.0.1 - - [22/Nov/2026:19:37:34 +0000] "GET /orders?id=7 HTTP/1.1"'

FORMAT = LogFormat(
    kind="nginx-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="nginx",
    samples=(
        Sample(
            f'{_CLIENT} 502 157 "-" "curl/8.5.0"',
            {
                "status": 502,
                "side": None,
                "phase": Phase.UNKNOWN,
                "manner": Manner.UNKNOWN,
                "client": "127.0.0.1",
                "method": "GET",
                "path": "/orders",
                "end_s": 1795376254.0,
                "start_s": None,
            },
            _LOG_MODULE + " (combined)",
        ),
        Sample(
            f'{_CLIENT} 504 167 "-" "curl/8.5.0" rt=2.002 uct="-" uht="-" urt="2.002" us="504" '
            'ua="10.0.0.7:8080" msec=1795376254.731',
            {
                "side": Side.PROXY,
                "phase": Phase.CONNECT,
                "manner": Manner.TIMEOUT,
                "target": "10.0.0.7:8080",
                "target_status": None,
                "connect_s": None,
                "end_s": 1795376254.731,
                "start_s": 1795376252.729,
            },
            "nginx 1.22, connect timeout 2 s to a full accept queue",
        ),
        Sample(
            f'{_CLIENT} 200 12 "-" "curl/8.5.0" rt=0.003 uct=0.000, 0.001 uht=-, 0.002 urt=0.000, 0.002 '
            "us=502, 200 ua=10.0.0.7:8080, 10.0.0.8:8080",
            {
                "side": Side.TARGET,
                "phase": Phase.DONE,
                "manner": None,
                "target": "10.0.0.8:8080",
                "target_status": 200,
                "connect_s": 0.001,
                "wait_s": 0.001,
                "attempts": (
                    Attempt("10.0.0.7:8080", 502, 0.0, None, 0.0, Phase.WAIT, Manner.CUT),
                    Attempt("10.0.0.8:8080", 200, 0.001, 0.002, 0.002),
                ),
            },
            "nginx 1.22, the first target closed a kept connection",
        ),
        Sample(
            f'{_CLIENT} 503 592 "-" "curl/8.5.0" 83 0.004 [shop-orders-80] [] '
            "10.244.1.7:8080 19 0.004 503 7ba5c8f9a1d14d3e9a5b1c2d3e4f5061",
            {
                "side": Side.TARGET,
                "phase": Phase.DONE,
                "manner": Manner.ANSWERED,
                "target": "10.244.1.7:8080",
                "target_status": 503,
                "group": "shop-orders-80",
                "request_bytes": 83,
                "total_s": 0.004,
            },
            "kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format (upstreaminfo)",
        ),
    ),
)
