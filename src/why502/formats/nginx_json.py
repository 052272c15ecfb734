"""Access log of nginx as JSON (`log_format ... escape=json`): keys are people's own; these are the usual ones.

Mostly they are the names of the variables. Values may be strings, and absent ones are "" or "-".
"""

from __future__ import annotations

from why502.formats import nginx_variables
from why502.formats.fields import iso_time, local_time, seconds
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.evidence import Place, Source
from why502.model.requests import Attempt, Manner, Phase, Request, Side

KEYS: dict[str, tuple[str, ...]] = {
    "status": ("status", "response_status", "status_code", "response_code"),
    "request_time": ("request_time", "requestTime"),
    "remote_addr": ("remote_addr", "remoteAddr", "remote_ip", "client_ip", "client"),
    "http_x_forwarded_for": ("http_x_forwarded_for", "x_forwarded_for", "x-forwarded-for"),
    "request": ("request", "request_line"),
    "request_method": ("request_method", "requestMethod", "method", "verb"),
    "request_uri": ("request_uri", "requestUri", "uri", "url", "path"),
    "request_length": ("request_length", "requestLength"),
    "body_bytes_sent": ("body_bytes_sent", "bodyBytesSent"),
    "proxy_upstream_name": ("proxy_upstream_name", "upstream_name"),
    "upstream_addr": ("upstream_addr", "upstreamAddr", "upstream"),
    "upstream_status": ("upstream_status", "upstreamStatus"),
    "upstream_connect_time": ("upstream_connect_time", "upstreamConnectTime"),
    "upstream_header_time": ("upstream_header_time", "upstreamHeaderTime"),
    "upstream_response_time": ("upstream_response_time", "upstreamResponseTime"),
    "upstream_response_length": ("upstream_response_length", "upstreamResponseLength"),
}
"""Variable -> keys."""

TIMES = ("msec", "time_iso8601", "time_local", "@timestamp", "timestamp", "time", "ts", "date")

TELLING = ("request_time", "upstream_addr", "upstream_status", "upstream_response_time", "request", "body_bytes_sent")
"""Variables of which one must be there: a status alone is in every program's log."""


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    fields = row(line)
    if fields is None:
        return "no JSON object"
    variables = {name: text for name, keys in KEYS.items() if (text := _text(fields, keys)) is not None}
    timed = variables.get("request_time", "-")
    if timed != "-" and seconds(timed) is None:
        return "its request_time is no time in seconds"
    if "status" not in variables or not any(name in variables for name in TELLING):
        return "not the usual keys of nginx's access log"
    return nginx_variables.request(variables | _time(fields), at)


def _text(fields: Row, keys: tuple[str, ...]) -> str | None:
    """Of the first key that is there; "" counts as '-', for the variable is in the format."""
    key = next((key for key in keys if key in fields.values), None)
    if key is None or isinstance(fields.values[key], (dict, list)):
        return None
    return fields.text(key) or "-"


def _time(fields: Row) -> dict[str, str]:
    for key in TIMES:
        text = fields.text(key)
        if text is None:
            continue
        if local_time(text) is not None:
            return {"time_local": text}
        number = fields.number(key)
        if number is not None:
            return {"msec": str(number / 1000 if number > 1e11 else number)}
        if iso_time(text) is not None:
            return {"time_iso8601": text}
    return {}


def fit(lines: list[str]) -> float:
    """Keys with `upstream` in them are nginx's; without them it may be anybody's."""
    mine = share(lines, lambda line: not isinstance(parse(line, Place("")), str))
    certain = any("upstream_" in line or "body_bytes_sent" in line for line in lines)
    return (0.9 if certain else 0.5) * mine


FORMAT = LogFormat(
    kind="nginx-json-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="nginx",
    samples=(
        Sample(
            '{"time_iso8601":"2026-11-22T19:37:34+00:00","remote_addr":"192.0.2.9","request":'
            '"GET /orders?id=7 HTTP/1.1","status":"200","body_bytes_sent":"12","request_time":"0.003","upstream_addr":'
            '"10.0.0.7:8080, 10.0.0.8:8080","upstream_status":"502, 200","upstream_connect_time":"-, 0.001",'
            '"upstream_header_time":"-, 0.002",'
            '"upstream_response_time":"0.000, 0.002"}',
            {
                "status": 200,
                "side": Side.TARGET,
                "phase": Phase.DONE,
                "manner": None,
                "target": "10.0.0.8:8080",
                "client": "192.0.2.9",
                "path": "/orders",
                "end_s": 1795376254.0,
                "connect_s": 0.001,
                "attempts": (
                    Attempt("10.0.0.7:8080", 502, None, None, 0.0, Phase.CONNECT, Manner.UNKNOWN),
                    Attempt("10.0.0.8:8080", 200, 0.001, 0.002, 0.002),
                ),
            },
            "nginx.org/en/docs/http/ngx_http_log_module.html (escape=json), ngx_http_upstream_module.html (lists)",
        ),
    ),
)
