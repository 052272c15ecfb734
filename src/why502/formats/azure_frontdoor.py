"""Access log of Azure Front Door: diagnostic records, one JSON object a line.

MicrosoftDocs/azure-docs, `front-door-diagnostics.md`: `ErrorInfo` says what happened; the status is 0 where the origin
timed out. The guide says that `timeTaken` is milliseconds; recorded logs have seconds with three decimals ('0.384').
With an origin shield there are two records of one request: that with `isReceivedFromClient` false is not the client's.
"""

from __future__ import annotations

from typing import Final

from why502.formats.fate import UNTOLD, Fate, answered
from why502.formats.fields import iso_time, request_line
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.case import KernelEvent
from why502.model.evidence import Place, Source
from why502.model.requests import Manner, Phase, Request, Side

_TLS: Final = Fate(Side.PROXY, Phase.TLS, Manner.UNKNOWN)
_NAME: Final = Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNRESOLVED)
_OWN: Final = Fate(Side.PROXY, Phase.UNKNOWN)

ERRORS: Final[dict[str, Fate]] = {
    **dict.fromkeys(("DNSFailure", "DNSTimeout", "DNSNameNotResolved"), _NAME),
    **dict.fromkeys(("CertificateError", "CertificateNameCheckFailed"), _TLS),
    **dict.fromkeys(("SSLHandshakeError", "SSLInvalidRootCA", "SSLInvalidCipher"), _TLS),
    **dict.fromkeys(("ClientGeoBlocked", "RestrictedIP", "InvalidRequest", "UnspecifiedClientError"), _OWN),
    "ClientDisconnected": Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE),
    "OriginConnectionRefused": Fate(Side.PROXY, Phase.CONNECT, Manner.UNKNOWN),
    "OriginConnectionAborted": Fate(Side.PROXY, Phase.UNKNOWN, Manner.CUT),
    "OriginTimeout": Fate(Side.PROXY, Phase.UNKNOWN, Manner.TIMEOUT),
    "OriginInvalidResponse": Fate(Side.PROXY, Phase.WAIT, Manner.UNKNOWN),
    "ResponseHeaderTooBig": Fate(Side.PROXY, Phase.WAIT, Manner.TOO_LARGE),
}
"""`ErrorInfo` -> what became of the request. OriginConnectionRefused: "wasn't established", for whatever reason.
OriginInvalidResponse: the troubleshooting guide names timeouts and certificates as its causes, too."""

PROBES: Final = "healthprobe"
SUCCESS: Final = frozenset({"success", "succeeded", "noerror", "healthy"})
"""Should it ever log a probe that did not fail."""


def parse(line: str, at: Place) -> Request | None | str:
    """One line; None for records that tell of no request of a client."""
    entry = row(line)
    category = ((entry.text("category") if entry else None) or "").lower()
    if entry is None or not category.startswith("frontdoor"):
        return "not a record of Azure Front Door"
    told = Row({key.lower(): value for key, value in entry.inner("properties").values.items()})
    if PROBES in category or "firewall" in category or told.values.get("isreceivedfromclient") is False:
        return None
    if not told.has("httpstatuscode"):
        return "not an access record of Azure Front Door"
    return _request(entry, told, at)


def _request(entry: Row, told: Row, at: Place) -> Request:
    status, error = told.whole("httpstatuscode"), told.text("errorinfo")
    end = entry.text("time", "PreciseTimeStamp")
    end_s, total_s = iso_time(end) if end else None, _seconds(told, "timetaken")
    side, phase, manner = _fate(status, error)
    method, path = request_line(f"{told.text('httpmethod') or '-'} {told.text('requesturi') or '-'} HTTP/1.1")
    host, port = told.text("clientip"), told.text("clientport")
    return Request(
        proxy="frontdoor",
        at=at,
        start_s=round(end_s - total_s, 6) if end_s is not None and total_s is not None else None,
        end_s=end_s,
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=f"{host}:{port}" if host and port else host,
        target=_present(told, "originip"),
        group=_present(told, "originname") or _present(told, "backendhostname"),
        node=told.text("pop"),
        method=method,
        path=path,
        request_bytes=told.whole("requestbytes"),
        target_status=status if side is Side.TARGET else None,
        total_s=total_s,
        reason=error if manner is not None and error != "NoError" else None,
    )


def _seconds(told: Row, key: str) -> float | None:
    text, value = told.text(key) or "", told.number(key)
    return value if value is None or "." in text else value / 1000


def _present(told: Row, key: str) -> str | None:
    text = told.text(key)
    return None if text is None or text.lower() == "n/a" else text


def _fate(status: int | None, error: str | None) -> Fate:
    if error in ERRORS:
        return ERRORS[error]
    if error not in (None, "NoError"):
        return Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)
    if error is None or status == 0:
        return UNTOLD if status == 0 or (status or 0) >= 500 else Fate(None, Phase.UNKNOWN)
    return answered(status) if (status or 0) >= 500 else Fate(None, Phase.UNKNOWN)


def tell(
    line: str,
    at: Place,
    near_s: float | None,  # noqa: ARG001 - it has a time of its own
    written_s: float | None = None,  # noqa: ARG001 - as above
) -> KernelEvent | None:
    """A probe of an origin that failed; Front Door logs no others."""
    entry = row(line)
    if entry is None or PROBES not in (entry.text("category") or "").lower():
        return None
    told = Row({key.lower(): value for key, value in entry.inner("properties").values.items()})
    end, result = entry.text("time"), told.text("result") or "-"
    at_s = iso_time(end) if end else None
    if at_s is None or result.lower() in SUCCESS:
        return None
    origin, status = _present(told, "originip") or _present(told, "originname"), told.text("httpstatuscode")
    why = ", ".join((result, *((f"status {status}",) if status else ())))
    text = f"Front Door: {origin} failed its health probe ({why})"
    return KernelEvent(at_s, "health-check-failed", at, process=origin, text=text)


def fit(lines: list[str]) -> float:
    """The share of records of Front Door."""
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str))


FORMAT = LogFormat(
    kind="azure-front-door-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    tell=tell,
    samples=(
        Sample(
            '{"category":"FrontdoorAccessLog","operationName":"Microsoft.Network/FrontDoor/AccessLog/Write","properties":'
            '{"ErrorInfo":"NoError","backendHostname":"samplev6erp.azurewebsites.net:443","cacheStatus":"CONFIG_NOCACHE",'
            '"clientIp":"89.160.20.128","clientPort":"50382","httpMethod":"POST","httpStatusCode":"200","httpStatusDetails":'
            '"200","httpVersion":"2.0.0.0","isReceivedFromClient":true,"pop":"SIN","requestBytes":"2545","requestProtocol":'
            '"HTTPS","requestUri":"https://erp.testcloud.com:443/StockSetup/GetStockListByCir","responseBytes":"1205",'
            '"timeTaken":"0.384","timeToFirstByte":"0.384"},"time":"2021-12-15T03:10:11.6479719Z"}',
            {
                "status": 200,
                "side": None,
                "manner": None,
                "client": "89.160.20.128:50382",
                "target": None,
                "group": "samplev6erp.azurewebsites.net:443",
                "node": "SIN",
                "path": "/StockSetup/GetStockListByCir",
                "request_bytes": 2545,
                "total_s": 0.384,
                "end_s": 1639537811.647971,
            },
            "github.com/elastic/integrations packages/azure_frontdoor (test-fdaccess.log), shortened",
        ),
        Sample(
            '{"time":"2021-12-15T03:10:41.000Z","category":"FrontDoorAccessLog","properties":{"httpMethod":"GET",'
            '"requestUri":"https://shop.example:443/orders?id=7","clientIp":"192.0.2.9","timeTaken":"30.012",'
            '"httpStatusCode":"0","pop":"FRA","errorInfo":"OriginTimeout","originIp":"20.1.2.3:443","originName":"N/A"}}',
            {
                "status": 0,
                "side": Side.PROXY,
                "phase": Phase.UNKNOWN,
                "manner": Manner.TIMEOUT,
                "target": "20.1.2.3:443",
                "group": None,
                "reason": "OriginTimeout",
                "total_s": 30.012,
            },
            "MicrosoftDocs/azure-docs front-door-diagnostics.md (properties, status 0 of a timeout)",
        ),
    ),
)
