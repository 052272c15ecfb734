"""Access log of Envoy as JSON: names are the user's; these are Istio's, Envoy Gateway's and Envoy's own."""

from __future__ import annotations

from why502.formats.envoy import request
from why502.formats.envoy_fate import Told
from why502.formats.fields import iso_time, request_line
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Request, Side

FLAGS = ("response_flags", "responseFlags", "flags", "response_flags_long")
STATUS = ("response_code", "responseCode", "status", "status_code")
SERVICE_TIME = ("upstream_service_time", "upstreamServiceTime", "x-envoy-upstream-service-time")
PATH = ("path", "request_path", "uri", ":path", "x-envoy-origin-path", "x-envoy-original-path")
"""`x-envoy-origin-path` is the only path in Envoy Gateway's default (gateway.envoyproxy.io, "Proxy Access Logs")."""
TARGET = ("upstream_host", "upstreamHost", "upstream_remote_address")


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    fields = row(line)
    if fields is None or not _is_envoys(fields):
        return "not the keys of Envoy's access log"
    told = Told(
        status=fields.whole(*STATUS),
        flags=fields.text(*FLAGS),
        details=fields.text("response_code_details", "responseCodeDetails"),
        failure=fields.text("upstream_transport_failure_reason", "upstreamTransportFailureReason"),
        answered=fields.number(*SERVICE_TIME) is not None,
    )
    start = fields.text("start_time", "startTime", "timestamp", "time")
    forwarded = fields.text("x_forwarded_for", "forwarded_for", "x-forwarded-for")
    return request(
        told,
        at,
        start_s=iso_time(start) if start else None,
        total_s=fields.milliseconds("duration", "duration_ms"),
        wait_s=fields.milliseconds(*SERVICE_TIME),
        client=fields.text("downstream_remote_address", "downstreamRemoteAddress")
        or (forwarded or "").split(",")[0]
        or None,
        target=(fields.text(*TARGET) or "").removeprefix("tcp://") or None,
        group=fields.text("upstream_cluster", "upstreamCluster"),
        line=_line(fields),
        request_bytes=fields.whole("bytes_received", "bytesReceived"),
        tries=fields.whole("upstream_request_attempt_count"),
    )


def _is_envoys(fields: Row) -> bool:
    named = any(key in fields.values for key in (*FLAGS, "x-envoy-origin-path", "x-envoy-upstream-service-time"))
    return named and any(key in fields.values for key in STATUS)


def _line(fields: Row) -> tuple[str | None, str | None]:
    method = fields.text("method", "request_method", ":method") or "-"
    return request_line(f"{method} {fields.text(*PATH) or '-'} HTTP/1.1")


def fit(lines: list[str]) -> float:
    """The share of lines with flags and a status."""
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str))


FORMAT = LogFormat(
    kind="envoy-json-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="envoy",
    samples=(
        Sample(
            '{"authority":"httpbin:8000","bytes_received":0,"bytes_sent":145,"connection_termination_details":null,'
            '"downstream_local_address":"10.0.45.184:8000","downstream_remote_address":"10.44.1.23:46520","duration":5000,'
            '"method":"GET","path":"/status/200?a=1","protocol":"HTTP/1.1","request_id":"84961386","response_code":503,'
            '"response_code_details":"upstream_reset_before_response_started{connection_timeout}","response_flags":"UF",'
            '"route_name":"default","start_time":"2020-11-25T21:26:18.409Z","upstream_cluster":"outbound|8000||httpbin",'
            '"upstream_host":"10.44.1.27:80","upstream_local_address":null,"upstream_service_time":null,'
            '"upstream_transport_failure_reason":null,"user_agent":"curl/7.73.0-DEV"}',
            {
                "status": 503,
                "side": Side.PROXY,
                "phase": Phase.CONNECT,
                "manner": Manner.TIMEOUT,
                "client": "10.44.1.23:46520",
                "target": "10.44.1.27:80",
                "path": "/status/200",
                "total_s": 5.0,
                "start_s": 1606339578.409,
            },
            "istio.io/latest/docs/tasks/observability/logs/access-log (JSON keys), values of a connect timeout",
        ),
    ),
)
