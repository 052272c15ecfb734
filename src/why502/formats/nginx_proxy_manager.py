"""Access logs of Nginx Proxy Manager: its two `log_format`s (`rootfs/etc/nginx/conf.d/include/log.conf`).

`$upstream_status` alone tells of the target: nginx writes its own 502 and 504 there too, so a 502 stays untold.
"""

from __future__ import annotations

from typing import Final

from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.nginx_log_format import compiled
from why502.model.evidence import Place, Source
from why502.model.requests import Request, Side

_END: Final = '[Gzip $gzip_ratio]{} "$http_user_agent" "$http_referer"'
_ASKED: Final = (
    '$status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] '
)

FORMATS: Final[tuple[LogFormat, ...]] = (
    compiled(
        "[$time_local] $upstream_cache_status $upstream_status " + _ASKED + _END.format(" [Sent-to $server]"), "proxy"
    ),
    compiled("[$time_local] " + _ASKED + _END.format(""), "standard"),
)


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    for each in FORMATS:
        read = each.parse(line, at)
        if isinstance(read, Request):
            return read
    return "not the fields of Nginx Proxy Manager's logs"


def fit(lines: list[str]) -> float:
    """The share of lines in one of the two formats."""
    return share(lines, lambda line: isinstance(parse(line, Place("")), Request))


FORMAT = LogFormat(
    kind="nginx-proxy-manager-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="nginx",
    samples=(
        Sample(
            '[24/Jan/2022:16:51:02 +0000] - 404 404 - GET http openresty.local "/sdfdsf?a=1" [Client 1.2.3.4] '
            '[Length 192] [Gzip 3.10] [Sent-to openresty] "Mozilla/5.0 (X11; Linux x86_64)" "-"',
            {
                "status": 404,
                "side": Side.TARGET,
                "target_status": 404,
                "client": "1.2.3.4",
                "method": "GET",
                "path": "/sdfdsf",
                "end_s": 1643043062.0,
            },
            "github.com/crowdsecurity/hub .tests/nginx-proxy-manager-logs, agent shortened",
        ),
        Sample(
            '[24/Jan/2022:13:40:19 +0000] 444 - GET https 4.3.2.1 "/.env" [Client 207.32.219.89] [Length 0] [Gzip -] '
            '"Mozilla/5.0 (Linux; U; Android 4.4.2)" "-"',
            {"status": 444, "client": "207.32.219.89", "path": "/.env"},
            "github.com/crowdsecurity/hub .tests/nginx-proxy-manager-logs, agent shortened",
        ),
    ),
)
