"""What nginx's variables become, under whatever form they were logged: JSON or a `log_format` of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.formats import nginx_upstream
from why502.formats.fate import UNTOLD, Fate
from why502.formats.fields import iso_time, local_time, present, request_line, seconds, whole
from why502.formats.nginx_upstream import CLIENT_CLOSED, Exchange, Upstream
from why502.model.requests import Manner, Phase, Request, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from why502.model.evidence import Place

UPSTREAM = {
    "address": "upstream_addr",
    "status": "upstream_status",
    "connect_time": "upstream_connect_time",
    "header_time": "upstream_header_time",
    "response_time": "upstream_response_time",
    "response_length": "upstream_response_length",
}
"""Field of `Upstream` -> variable."""


def request(variables: Mapping[str, str], at: Place) -> Request | str:
    """One request; a string says what is missing."""
    status, end_s = whole(variables.get("status", "")), _end_s(variables)
    if status is None:
        return "it has no $status"
    total_s = seconds(variables.get("request_time", ""))
    exchange = _exchange(status, variables)
    method, path = _request_line(variables)
    return Request(
        proxy="nginx",
        at=at,
        start_s=round(end_s - total_s, 3) if end_s is not None and total_s is not None else None,
        end_s=end_s,
        status=status,
        side=exchange.fate.side,
        phase=exchange.fate.phase,
        manner=exchange.fate.manner,
        client=_first(variables, "remote_addr", "realip_remote_addr", "http_x_forwarded_for"),
        target=exchange.target,
        group=_first(variables, "proxy_upstream_name") or exchange.group or _first(variables, "proxy_host"),
        method=method,
        path=path,
        request_bytes=whole(variables.get("request_length", "")),
        target_status=exchange.target_status,
        connect_s=exchange.connect_s,
        wait_s=exchange.wait_s,
        total_s=total_s,
        attempts=exchange.attempts,
    )


def _end_s(variables: Mapping[str, str]) -> float | None:
    if (precise_s := seconds(variables.get("msec", ""))) is not None:
        return precise_s
    if text := variables.get("time_local"):
        return local_time(text)
    text = variables.get("time_iso8601", "")
    return iso_time(text) if text else None


def _exchange(status: int, variables: Mapping[str, str]) -> Exchange:
    if any(name in variables for name in UPSTREAM.values()):
        sent = whole(variables.get("body_bytes_sent", "")) or 0
        logged = {field: variables.get(name) for field, name in UPSTREAM.items()}
        service = _first(variables, "proxy_upstream_name") is not None
        return nginx_upstream.read(status, Upstream(**logged, own_page=sent > 0, service=service))
    if status == CLIENT_CLOSED:
        return Exchange(Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE))
    return Exchange(UNTOLD if status >= 500 else Fate(None, Phase.UNKNOWN))


def _request_line(variables: Mapping[str, str]) -> tuple[str | None, str | None]:
    if asked := variables.get("request"):
        return request_line(asked)
    uri = _first(variables, "request_uri", "uri", "document_uri") or "-"
    return request_line(f"{variables.get('request_method') or '-'} {uri} HTTP/1.1")


def _first(variables: Mapping[str, str], *names: str) -> str | None:
    found = (present(variables.get(name, "")) for name in names)
    return next((value for value in found if value is not None), None)
