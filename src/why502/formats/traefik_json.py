"""Access log of Traefik as JSON (keys of pkg/middlewares/accesslog/logdata.go). Durations are nanoseconds."""

from __future__ import annotations

from why502.formats.fields import end_of, host_and_port, iso_time, request_line
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.formats.traefik_fate import attempts, fate
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Request, Side


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    fields = row(line)
    if fields is None or not fields.has("DownstreamStatus"):
        return "not the keys of Traefik's access log"
    status, target = fields.whole("DownstreamStatus"), _target(fields)
    size = fields.whole("DownstreamContentSize")
    side, phase, manner = fate(status, size, chosen=target is not None)
    start = fields.text("StartUTC", "StartLocal", "time")
    start_s, total_s = iso_time(start) if start else None, _seconds(fields, "Duration")
    uri = fields.text("RequestPath") or "-"
    method, path = request_line(f"{fields.text('RequestMethod') or '-'} {uri} HTTP/1.1")
    return Request(
        proxy="traefik",
        at=at,
        start_s=start_s,
        end_s=end_of(start_s, total_s),
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=fields.text("ClientAddr", "ClientHost"),
        target=target,
        group=fields.text("ServiceName", "RouterName"),
        method=method,
        path=path,
        request_bytes=fields.whole("RequestContentSize"),
        target_status=status if side is Side.TARGET else None,
        wait_s=_seconds(fields, "OriginDuration"),
        total_s=total_s,
        attempts=attempts(fields.whole("RetryAttempts") or 0, target, status),
    )


def _target(fields: Row) -> str | None:
    """`ServiceAddr` is the address; `ServiceURL` was an object in the logs of version 1 and 2.0."""
    address = fields.text("ServiceAddr")
    if address and ":" in address:
        return address
    return host_and_port(fields.text("ServiceURL", "BackendURL") or "") or address


def _seconds(fields: Row, key: str) -> float | None:
    value = fields.number(key)
    return None if value is None else round(value / 1e9, 6)


def fit(lines: list[str]) -> float:
    """The share of lines with Traefik's keys."""
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str))


FORMAT = LogFormat(
    kind="traefik-json-access-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    family="traefik",
    samples=(
        Sample(
            '{"ClientAddr":"192.0.2.9:41022","ClientHost":"192.0.2.9","DownstreamContentSize":15,"DownstreamStatus":504,'
            '"Duration":30001518000,"OriginContentSize":15,"OriginDuration":30001200000,"OriginStatus":504,'
            '"Overhead":318000,"RequestCount":7,"RequestMethod":"GET","RequestPath":"/orders?id=7","RetryAttempts":0,'
            '"RouterName":"shop@docker","ServiceAddr":"10.0.0.7:8080","ServiceName":"shop@docker",'
            '"ServiceURL":"http://10.0.0.7:8080","StartUTC":"2026-11-22T19:37:34.123456789Z","level":"info","msg":"",'
            '"time":"2026-11-22T19:38:04Z"}',
            {
                "status": 504,
                "side": Side.PROXY,
                "phase": Phase.UNKNOWN,
                "manner": Manner.TIMEOUT,
                "target": "10.0.0.7:8080",
                "client": "192.0.2.9:41022",
                "path": "/orders",
                "total_s": 30.001518,
                "start_s": 1795376254.123456,
            },
            "doc.traefik.io/traefik/observability/access-logs (JSON keys), values of a connect timeout after 30 s",
        ),
    ),
)
