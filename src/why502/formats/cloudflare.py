"""Cloudflare Logpush: HTTP requests as JSON. 520 to 530 are Cloudflare's own and say how the origin failed.

developers.cloudflare.com, `cloudflare-5xx-errors` and the `http_requests` data set. Timestamps are RFC 3339, or whole
seconds or nanoseconds since the epoch, as the job is configured.
"""

from __future__ import annotations

from why502.formats.fate import GATEWAY_STATUSES, UNTOLD, Fate, answered
from why502.formats.fields import iso_time, request_line
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Request, Side

ORIGIN_FAILED: dict[int, tuple[Phase, Manner]] = {
    520: (Phase.WAIT, Manner.CUT),
    521: (Phase.CONNECT, Manner.REFUSED),
    522: (Phase.CONNECT, Manner.TIMEOUT),
    523: (Phase.CONNECT, Manner.UNREACHABLE),
    524: (Phase.WAIT, Manner.TIMEOUT),
    525: (Phase.TLS, Manner.UNKNOWN),
    526: (Phase.TLS, Manner.UNKNOWN),
    530: (Phase.NO_TARGET, Manner.UNKNOWN),
}
"""520: empty, unknown, reset, malformed or too large; 530: among others, a name that does not resolve."""

CLIENT_CLOSED = 499


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    fields = row(line)
    if fields is None or not fields.has("EdgeResponseStatus"):
        return "not the fields of Cloudflare's HTTP requests"
    status, target_status = fields.whole("EdgeResponseStatus"), fields.whole("OriginResponseStatus")
    side, phase, manner = _fate(status, target_status or None)
    start_s, end_s = _time(fields, "EdgeStartTimestamp"), _time(fields, "EdgeEndTimestamp")
    uri = fields.text("ClientRequestURI", "ClientRequestPath") or "-"
    method, path = request_line(f"{fields.text('ClientRequestMethod') or '-'} {uri} HTTP/1.1")
    return Request(
        proxy="cloudflare",
        at=at,
        start_s=start_s,
        end_s=end_s if end_s is not None else start_s,
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=fields.text("ClientIP"),
        target=fields.text("OriginIP"),
        group=fields.text("ClientRequestHost"),
        node=fields.text("EdgeColoCode"),
        method=method,
        path=path,
        request_bytes=fields.whole("ClientRequestBytes"),
        target_status=(target_status or None) if side is Side.TARGET else None,
        connect_s=_connect_s(fields),
        wait_s=fields.milliseconds("OriginResponseHeaderReceiveDurationMs", "OriginResponseDurationMs"),
        total_s=round(end_s - start_s, 6) if start_s is not None and end_s is not None and end_s >= start_s else None,
    )


def _fate(status: int | None, target_status: int | None) -> Fate:
    if status == CLIENT_CLOSED:
        return Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE)
    if status in ORIGIN_FAILED:
        return Fate(Side.PROXY, *ORIGIN_FAILED[status])
    if target_status is not None and target_status == status:
        return answered(status)
    if status is not None and status >= 500:
        return Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN) if status in GATEWAY_STATUSES else UNTOLD
    return Fate(None, Phase.UNKNOWN)


def _time(fields: Row, key: str) -> float | None:
    number = fields.values.get(key)
    if isinstance(number, int) and number > 10**17:
        return number / 1e9
    text = fields.text(key)
    return fields.number(key) or (iso_time(text) if text else None)


def _connect_s(fields: Row) -> float | None:
    """Logged as 0 where nothing was measured, e.g. on a kept connection."""
    handshake_s = fields.milliseconds("OriginTCPHandshakeDurationMs")
    return handshake_s + (fields.milliseconds("OriginTLSHandshakeDurationMs") or 0.0) if handshake_s else None


def fit(lines: list[str]) -> float:
    """The share of lines with Cloudflare's names."""
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str))


FORMAT = LogFormat(
    kind="cloudflare-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            '{"CacheCacheStatus":"dynamic","ClientIP":"192.0.2.9","ClientRequestBytes":5800,"ClientRequestHost":"shop.example",'
            '"ClientRequestMethod":"GET","ClientRequestURI":"/orders?id=7","EdgeEndTimestamp":"2026-11-22T19:37:53Z",'
            '"EdgeResponseStatus":522,"EdgeStartTimestamp":"2026-11-22T19:37:34Z","OriginIP":"10.0.0.7",'
            '"OriginResponseStatus":0,"OriginTCPHandshakeDurationMs":0,"RayID":"3a6050bcbe121a87"}',
            {
                "status": 522,
                "side": Side.PROXY,
                "phase": Phase.CONNECT,
                "manner": Manner.TIMEOUT,
                "client": "192.0.2.9",
                "target": "10.0.0.7",
                "path": "/orders",
                "start_s": 1795376254.0,
                "total_s": 19.0,
                "target_status": None,
            },
            "developers.cloudflare.com/logs/reference/log-fields/zone/http_requests (names), error 522",
        ),
    ),
)
