"""Log of Google Cloud's application load balancer: Cloud Logging entries, one JSON object a line.

`jsonPayload.statusDetails` says what happened (docs.cloud.google.com, `https-logging-monitoring`); `timestamp` is when
the request was received. The backend's port is not told.
"""

from __future__ import annotations

from why502.formats.fate import UNTOLD, Fate, answered
from why502.formats.fields import end_of, iso_time, request_line, seconds
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Request, Side

DETAILS: dict[str, Fate] = {
    "failed_to_connect_to_backend": Fate(Side.PROXY, Phase.CONNECT, Manner.UNKNOWN),
    "failed_to_pick_backend": Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "backend_connection_closed_before_data_sent_to_client": Fate(Side.PROXY, Phase.WAIT, Manner.CUT),
    "backend_connection_closed_after_partial_response_sent": Fate(None, Phase.BODY, Manner.CUT),
    "backend_timeout": Fate(Side.PROXY, Phase.WAIT, Manner.TIMEOUT),
    "backend_response_headers_too_long": Fate(Side.PROXY, Phase.WAIT, Manner.TOO_LARGE),
    "backend_response_corrupted": Fate(Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "backend_interim_response_not_supported": Fate(Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "backend_early_response_with_non_error_status": Fate(Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "aborted_request_due_to_backend_early_response": Fate(Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "error_uncompressing_gzipped_body": Fate(Side.PROXY, Phase.BODY, Manner.MALFORMED),
    "failed_to_negotiate_alpn": Fate(Side.PROXY, Phase.TLS, Manner.UNKNOWN),
    "ssl_certificate_san_verification_failed": Fate(Side.PROXY, Phase.TLS, Manner.UNKNOWN),
    "ssl_certificate_chain_verification_failed": Fate(Side.PROXY, Phase.TLS, Manner.UNKNOWN),
    "serverless_neg_routing_failed": Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "client_disconnected_before_any_response": Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE),
    "client_disconnected_after_partial_response": Fate(Side.CLIENT, Phase.BODY, Manner.GONE),
    "client_timed_out": Fate(Side.CLIENT, Phase.UNKNOWN),
}
"""`statusDetails` -> what became of the request."""


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    entry = row(line)
    if entry is None or not entry.has("httpRequest", "jsonPayload"):
        return "not an entry of a Google Cloud load balancer"
    asked, told = entry.inner("httpRequest"), entry.inner("jsonPayload")
    status, details = asked.whole("status"), told.text("statusDetails")
    side, phase, manner = _fate(status, details)
    start = entry.text("timestamp")
    start_s = iso_time(start) if start else None
    total_s = seconds((asked.text("latency") or "").removesuffix("s"))
    method, path = request_line(f"{asked.text('requestMethod') or '-'} {asked.text('requestUrl') or '-'} HTTP/1.1")
    return Request(
        proxy="gcp",
        at=at,
        start_s=start_s,
        end_s=end_of(start_s, total_s),
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=asked.text("remoteIp"),
        target=asked.text("serverIp"),
        group=_group(entry),
        method=method,
        path=path,
        request_bytes=asked.whole("requestSize"),
        target_status=status if side is Side.TARGET else None,
        wait_s=total_s if phase is Phase.WAIT else None,
        total_s=total_s,
        reason=details if manner is not None else None,
    )


def _fate(status: int | None, details: str | None) -> Fate:
    if details == "response_sent_by_backend":
        return answered(status)
    if details in DETAILS:
        return DETAILS[details]
    if details and details.startswith("server_cert_"):
        return Fate(Side.PROXY, Phase.TLS, Manner.UNKNOWN)
    failed = status is not None and status >= 500
    if details is None:
        return UNTOLD if failed else Fate(None, Phase.UNKNOWN)
    return Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN if failed else None)


def _group(entry: Row) -> str | None:
    return entry.inner("resource").inner("labels").text("backend_service_name", "target_proxy_name")


def fit(lines: list[str]) -> float:
    """The share of lines that are entries of a load balancer; `statusDetails` must be among them."""
    told = any(entry.inner("jsonPayload").has("statusDetails") for line in lines if (entry := row(line)))
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str)) if told else 0.0


FORMAT = LogFormat(
    kind="gcp-load-balancer-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            '{"httpRequest":{"latency":"0.012364s","remoteIp":"192.0.2.9","requestMethod":"GET","requestSize":"866",'
            '"requestUrl":"https://shop.example/orders?id=7","responseSize":"488","serverIp":"10.0.0.7","status":502},'
            '"insertId":"1oek5rg3l3fxj7","jsonPayload":{"@type":"type.googleapis.com/google.cloud.loadbalancing.type.'
            'LoadBalancerLogEntry","cacheId":"SFO-fbae48ad","statusDetails":'
            '"backend_connection_closed_before_data_sent_to_client"},"resource":{"labels":{"backend_service_name":"shop"},'
            '"type":"http_load_balancer"},"severity":"WARNING","timestamp":"2026-11-22T19:37:34.123456Z"}',
            {
                "status": 502,
                "side": Side.PROXY,
                "phase": Phase.WAIT,
                "manner": Manner.CUT,
                "client": "192.0.2.9",
                "target": "10.0.0.7",
                "group": "shop",
                "path": "/orders",
                "start_s": 1795376254.123456,
                "total_s": 0.012364,
            },
            "docs.cloud.google.com/load-balancing/docs/https/https-logging-monitoring (fields and statusDetails)",
        ),
    ),
)
