"""Access log of Azure's Application Gateway: diagnostic records, one JSON object a line.

MicrosoftDocs/azure-docs, `application-gateway-diagnostics.md`. `timeTaken` is seconds in v2 and milliseconds in v1;
only v2 has `serverRouted`, v1 tells the server in the query string. The gateway v2 may write its own status into
`serverStatus`: `error_info` decides.
"""

from __future__ import annotations

from why502.formats.arr_query import routed
from why502.formats.fate import GATEWAY_STATUSES, UNTOLD, Fate, answered
from why502.formats.fields import iso_time, request_line
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Request, Side

ERRORS: dict[str, Fate] = {
    "ERRORINFO_UPSTREAM_NO_LIVE": Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "ERRORINFO_UPSTREAM_CLOSED_CONNECTION": Fate(Side.PROXY, Phase.WAIT, Manner.CLOSED),
    "ERRORINFO_UPSTREAM_TIMED_OUT": Fate(Side.PROXY, Phase.UNKNOWN, Manner.TIMEOUT),
    "ERRORINFO_CLIENT_CLOSED_REQUEST": Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE),
    "ERRORINFO_CLIENT_TIMED_OUT": Fate(Side.CLIENT, Phase.UNKNOWN),
}
"""`error_info` -> what became of the request."""


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    entry = row(line)
    told = entry.inner("properties") if entry else None
    if entry is None or told is None or not told.has("httpStatus"):
        return "not an access record of an Application Gateway"
    status, error = told.whole("httpStatus"), told.text("error_info")
    end = entry.text("time", "timeStamp", "timestamp")
    end_s, total_s = iso_time(end) if end else None, _total_s(told)
    target, target_status = told.text("serverRouted"), told.whole("serverStatus")
    if not told.has("serverRouted"):
        target, target_status = routed(told.text("requestQuery") or "")
    side, phase, manner = _fate(status, target_status, error, first=not told.has("serverRouted"))
    method, path = request_line(f"{told.text('httpMethod') or '-'} {told.text('requestUri') or '-'} HTTP/1.1")
    host, port = told.text("clientIP"), told.text("clientPort")
    return Request(
        proxy="azure",
        at=at,
        start_s=end_s - total_s if end_s is not None and total_s is not None else None,
        end_s=end_s,
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=f"{host}:{port}" if host and port else host,
        target=target,
        group=told.text("backendPoolName"),
        node=told.text("instanceId"),
        method=method,
        path=path,
        request_bytes=told.whole("receivedBytes"),
        target_status=status if side is Side.TARGET else None,
        wait_s=told.number("serverResponseLatency"),
        total_s=total_s,
        reason=error if manner is not None else None,
    )


def _total_s(told: Row) -> float | None:
    value = told.number("timeTaken")
    return value if value is None or told.has("serverRouted") else value / 1000


def _fate(status: int | None, target_status: int | None, error: str | None, *, first: bool) -> Fate:
    """`first`: version 1, whose status of the server is always the server's own."""
    if error in ERRORS:
        return ERRORS[error]
    if error not in (None, "ERRORINFO_NO_ERROR"):
        failed = status is not None and status >= 500
        return Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN if failed else None)
    if target_status is not None and target_status == status and (first or error or status not in GATEWAY_STATUSES):
        return answered(status)
    return UNTOLD if status is not None and status >= 500 else Fate(None, Phase.UNKNOWN)


def fit(lines: list[str]) -> float:
    """The share of access records."""
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str))


FORMAT = LogFormat(
    kind="azure-application-gateway-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            '{"timeStamp":"2021-10-14T22:17:11+00:00","resourceId":"/SUBSCRIPTIONS/X/APPLICATIONGATEWAYS/SHOP","listenerName":'
            '"HTTP-Listener","category":"ApplicationGatewayAccessLog","properties":{"instanceId":"appgw_1","clientIP":'
            '"185.42.129.24","clientPort":45057,"httpMethod":"GET","originalRequestUriWithArgs":"/a?b=1","requestUri":"/a",'
            '"requestQuery":"b=1","httpStatus":504,"httpVersion":"HTTP/1.1","receivedBytes":184,"sentBytes":466,'
            '"timeTaken":20.034,"serverRouted":"10.0.0.7:80","serverStatus":"504","serverResponseLatency":"20.028",'
            '"error_info":"ERRORINFO_UPSTREAM_TIMED_OUT"}}',
            {
                "status": 504,
                "side": Side.PROXY,
                "phase": Phase.UNKNOWN,
                "manner": Manner.TIMEOUT,
                "client": "185.42.129.24:45057",
                "target": "10.0.0.7:80",
                "path": "/a",
                "total_s": 20.034,
                "end_s": 1634249831.0,
            },
            "github.com/MicrosoftDocs/azure-docs application-gateway-diagnostics.md (v2), values of a timeout",
        ),
    ),
)
