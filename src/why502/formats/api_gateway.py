"""Access log of AWS API Gateway as JSON: names are the user's, these are the console's and those of the variables.

docs.aws.amazon.com/apigateway, `api-gateway-variables-for-access-logging` (REST), `http-api-logging-variables`, and
`supported-gateway-response-types` for the types of errors. Latencies are milliseconds; `requestTime` is when the
request came in, in whole seconds; `requestTimeEpoch` is milliseconds for REST APIs and seconds for HTTP APIs. The
address of the integration is not told.
"""

from __future__ import annotations

import re
from typing import Final

from why502.formats.fate import UNTOLD, Fate, answered
from why502.formats.fields import end_of, local_time, request_line
from why502.formats.fitting import share
from why502.formats.interface import LogFormat, Sample
from why502.formats.json_line import Row, row
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Request, Side

OWN: Final = ("routeKey", "resourcePath", "resourceId", "extendedRequestId", "apiId", "domainPrefix")
"""One of these must be there, beside a status and a request's id."""

TARGET_STATUS: Final = (
    *("integration.status", "integrationStatus", "integration_status", "integration.integrationStatus"),
    "functionResponseStatus",
)
INTEGRATION: Final = ("integration.latency", "integrationLatency", "integration_latency")
TOTAL: Final = ("responseLatency", "response_latency", "latency")
KIND_OF_ERROR: Final = ("error.responseType", "errorResponseType", "responseType", "error_response_type")
MESSAGE: Final = ("integrationErrorMessage", "integration.error", "integrationError", "error.message", "errorMessage")

TYPES: Final[dict[str, Fate]] = {
    "INTEGRATION_TIMEOUT": Fate(Side.PROXY, Phase.UNKNOWN, Manner.TIMEOUT),
    "INTEGRATION_FAILURE": Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN),
    "API_CONFIGURATION_ERROR": Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    **dict.fromkeys(("AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR"), Fate(Side.PROXY, Phase.UNKNOWN)),
}
"""Type of a gateway response -> what became of the request; a message of an authorizer is not about the target."""

_TIMED_OUT = expression(r"Endpoint request timed out|Execution failed due to a timeout", re.ASCII | re.IGNORECASE)


def parse(line: str, at: Place) -> Request | str:
    """One line; a string says why it is not understood."""
    told = row(line)
    if told is None or not _is_gateways(told):
        return "not the usual keys of API Gateway's access log"
    status, target_status = told.whole("status"), told.whole(*TARGET_STATUS)
    side, phase, manner = _fate(status, target_status, told)
    total_s = told.milliseconds(*TOTAL)
    start_s = _start_s(told)
    method, path = request_line(f"{told.text('httpMethod', 'method') or '-'} {_path(told)} HTTP/1.1")
    return Request(
        proxy="apigateway",
        at=at,
        start_s=start_s,
        end_s=end_of(start_s, total_s),
        status=status or 0,
        side=side,
        phase=phase,
        manner=manner,
        client=told.text("ip", "sourceIp", "identity.sourceIp", "source_ip"),
        group=told.text("domainName", "apiId"),
        method=method,
        path=path,
        target_status=target_status if side is Side.TARGET else None,
        wait_s=told.milliseconds(*INTEGRATION),
        total_s=total_s,
        reason=told.text(*MESSAGE) or told.text(*KIND_OF_ERROR) if manner is not None else None,
    )


def _is_gateways(told: Row) -> bool:
    named = told.has("requestId") or told.has("extendedRequestId")
    timed = told.has("requestTime") or told.has("requestTimeEpoch")
    return named and timed and told.has("status") and any(key in told.values for key in OWN)


def _path(told: Row) -> str:
    """An HTTP API's `routeKey` is 'GET /orders'."""
    found = told.text("path", "resourcePath")
    return found or (told.text("routeKey") or "-").rpartition(" ")[2]


def _start_s(told: Row) -> float | None:
    epoch = told.number("requestTimeEpoch")
    if epoch is not None:
        return epoch / 1000 if epoch > 1e11 else epoch
    text = told.text("requestTime")
    return local_time(text) if text else None


def _fate(status: int | None, target_status: int | None, told: Row) -> Fate:
    if status is None or status < 500:
        return answered(status) if target_status is not None and target_status == status else Fate(None, Phase.UNKNOWN)
    if _TIMED_OUT.search(told.text(*MESSAGE) or ""):
        return TYPES["INTEGRATION_TIMEOUT"]
    kind = told.text(*KIND_OF_ERROR)
    if kind in TYPES:
        return TYPES[kind]
    if target_status == status:
        return answered(status)
    return UNTOLD


def fit(lines: list[str]) -> float:
    """The share of lines with API Gateway's names."""
    return share(lines, lambda line: not isinstance(parse(line, Place("")), str))


FORMAT = LogFormat(
    kind="api-gateway-log",
    source=Source.ACCESS_LOG,
    fit=fit,
    parse=parse,
    samples=(
        Sample(
            '{"requestId":"48752d0f-c99d-4cfa-a5a7-f3c6834d19e5","ip":"1.128.0.0","caller":"-","user":"-",'
            '"requestTime":'
            '"10/Jun/2023:15:36:28 +0000","httpMethod":"GET",'
            '"resourcePath":"/pets","status":"200","protocol":"HTTP/1.1",'
            '"responseLength":"184"}',
            {
                "status": 200,
                "side": None,
                "manner": None,
                "client": "1.128.0.0",
                "path": "/pets",
                "start_s": 1686411388.0,
                "total_s": None,
            },
            "github.com/elastic/integrations packages/aws (test-apigateway.log): the console's JSON for REST APIs",
        ),
        Sample(
            '{"requestId":"Y1qkyit4CYcEP2g=","apiId":"pv9kv75899","ip":"81.2.69.142",'
            '"requestTimeEpoch":"1663811102",'
            '"httpMethod":"GET","routeKey":"GET /orders","status":"504",'
            '"integrationErrorMessage":"Endpoint request timed out",'
            '"integrationLatency":"29010","responseLatency":"29014"}',
            {
                "status": 504,
                "side": Side.PROXY,
                "phase": Phase.UNKNOWN,
                "manner": Manner.TIMEOUT,
                "path": "/orders",
                "start_s": 1663811102.0,
                "wait_s": 29.01,
                "total_s": 29.014,
                "reason": "Endpoint request timed out",
            },
            "docs.aws.amazon.com/apigateway http-api-logging-variables, http-api-troubleshooting; values of a timeout",
        ),
    ),
)
