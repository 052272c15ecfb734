from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from why502.formats import all_formats
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request, Side

if TYPE_CHECKING:
    from why502.formats.interface import LogFormat

FORMATS = {each.kind: each for each in all_formats()}
UNTOLD = (None, Phase.UNKNOWN, Manner.UNKNOWN)


def changed(log_format: LogFormat, changes: dict[str, Any]) -> Request:
    """The format's JSON sample with values changed; inner objects are merged."""
    record = json.loads(log_format.samples[0].line)
    for key, value in changes.items():
        record[key] = {**record[key], **value} if isinstance(value, dict) else value
    request = log_format.parse(json.dumps(record), Place("x", 1))
    assert isinstance(request, Request), request
    return request


def fate(request: Request) -> tuple[Side | None, Phase, Manner | None]:
    return request.side, request.phase, request.manner


@pytest.mark.parametrize(
    ("status", "details", "expected"),
    [
        (502, "failed_to_connect_to_backend", (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)),
        (502, "backend_timeout", (Side.PROXY, Phase.WAIT, Manner.TIMEOUT)),
        (503, "failed_to_pick_backend", (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
        (502, "server_cert_verification_failed", (Side.PROXY, Phase.TLS, Manner.UNKNOWN)),
        (502, "response_sent_by_backend", (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        (200, "response_sent_by_backend", (Side.TARGET, Phase.DONE, None)),
        (0, "client_disconnected_before_any_response", (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)),
        (403, "denied_by_security_policy", (Side.PROXY, Phase.UNKNOWN, None)),
        (502, "some_new_reason", (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)),
    ],
)
def test_google_says_it_in_status_details(
    status: int, details: str, expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """A timeout is 502 or 503 there, never 504."""
    changes = {"httpRequest": {"status": status}, "jsonPayload": {"statusDetails": details}}
    assert fate(changed(FORMATS["gcp-load-balancer-log"], changes)) == expected


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"error_info": "ERRORINFO_UPSTREAM_NO_LIVE"}, (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
        ({"error_info": "ERRORINFO_UPSTREAM_CLOSED_CONNECTION"}, (Side.PROXY, Phase.WAIT, Manner.CLOSED)),
        ({"error_info": "ERRORINFO_NO_ERROR"}, (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        ({"error_info": None}, UNTOLD),
        (
            {"error_info": "ERRORINFO_NO_ERROR", "httpStatus": 200, "serverStatus": "200"},
            (Side.TARGET, Phase.DONE, None),
        ),
        ({"error_info": "ERRORINFO_CLIENT_CLOSED_REQUEST"}, (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)),
    ],
)
def test_azure_says_it_in_error_info(
    properties: dict[str, Any], expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """The server's status may be the gateway's own."""
    assert fate(changed(FORMATS["azure-application-gateway-log"], {"properties": properties})) == expected


def test_azures_first_version_counts_in_milliseconds() -> None:
    """Only the second names the server that it routed to."""
    record = json.loads(FORMATS["azure-application-gateway-log"].samples[0].line)
    del record["properties"]["serverRouted"]
    record["properties"]["timeTaken"] = 20034
    read = FORMATS["azure-application-gateway-log"].parse(json.dumps(record), Place("x", 1))
    assert isinstance(read, Request)
    assert (read.total_s, read.target) == (20.034, None)


@pytest.mark.parametrize(
    ("edge", "origin", "expected"),
    [
        (521, 0, (Side.PROXY, Phase.CONNECT, Manner.REFUSED)),
        (523, 0, (Side.PROXY, Phase.CONNECT, Manner.UNREACHABLE)),
        (524, 0, (Side.PROXY, Phase.WAIT, Manner.TIMEOUT)),
        (526, 0, (Side.PROXY, Phase.TLS, Manner.UNKNOWN)),
        (502, 502, (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        (502, 0, (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)),
        (200, 200, (Side.TARGET, Phase.DONE, None)),
        (200, 0, (None, Phase.UNKNOWN, None)),
        (499, 0, (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)),
    ],
)
def test_cloudflares_own_statuses_say_how_the_origin_failed(
    edge: int, origin: int, expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """0 from the origin: it answered nothing, or was not asked."""
    assert (
        fate(changed(FORMATS["cloudflare-log"], {"EdgeResponseStatus": edge, "OriginResponseStatus": origin}))
        == expected
    )


@pytest.mark.parametrize("start", [1795376254, 1795376254000000000, "2026-11-22T19:37:34Z"])
def test_cloudflares_times_come_in_three_forms(start: int | str) -> None:
    """As the job is configured: unix, unixnano or RFC 3339."""
    assert changed(FORMATS["cloudflare-log"], {"EdgeStartTimestamp": start}).start_s == 1795376254.0


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("OriginDnsError", (Side.PROXY, Phase.NO_TARGET, Manner.UNRESOLVED)),
        ("OriginHeaderTooBigError", (Side.PROXY, Phase.WAIT, Manner.TOO_LARGE)),
        ("ClientCommError", (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)),
        ("Error", UNTOLD),
    ],
)
def test_cloudfront_says_it_in_the_detailed_result(
    result: str, expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """A plain `Error` is also what the origin answered."""
    line = FORMATS["cloudfront-log"].samples[0].line.replace("OriginConnectError", result)
    read = FORMATS["cloudfront-log"].parse(line, Place("x", 1))
    assert isinstance(read, Request)
    assert fate(read) == expected


def test_cloudfronts_first_two_lines_are_no_requests() -> None:
    """#Version and #Fields."""
    for line in ("#Version: 1.0", "#Fields: date time x-edge-location sc-bytes"):
        assert FORMATS["cloudfront-log"].parse(line, Place("x", 1)) is None


@pytest.mark.parametrize(
    ("target", "statuses", "expected"),
    [
        ("10.0.0.1:80", "502 0", (Side.PROXY, Phase.WAIT, Manner.MALFORMED)),
        ("-", "503 0", (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
        ("10.0.0.1:80", "500 500", (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        ("10.0.0.1:80", "404 404", (Side.TARGET, Phase.DONE, None)),
        ("-", "408 0", (Side.PROXY, Phase.UNKNOWN, None)),
    ],
)
def test_a_classic_load_balancer_follows_the_guides_list(
    target: str, statuses: str, expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """502 is a malformed response there; the backend's status tells whether it answered."""
    line = FORMATS["elb-access-log"].samples[0].line.replace("10.0.0.1:80", target).replace("200 200", statuses)
    read = FORMATS["elb-access-log"].parse(line, Place("x", 1))
    assert isinstance(read, Request)
    assert fate(read) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"DownstreamStatus": 502, "DownstreamContentSize": 11}, (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)),
        ({"DownstreamStatus": 502, "DownstreamContentSize": 500}, UNTOLD),
        ({"DownstreamStatus": 500, "DownstreamContentSize": 21}, UNTOLD),
        ({"DownstreamStatus": 500, "DownstreamContentSize": 22}, (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        ({"DownstreamStatus": 499}, (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)),
        ({"DownstreamStatus": 200}, (Side.TARGET, Phase.DONE, None)),
        ({"DownstreamStatus": 503, "ServiceAddr": "", "ServiceURL": ""}, (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
        ({"DownstreamStatus": 404, "ServiceAddr": "", "ServiceURL": ""}, (Side.PROXY, Phase.UNKNOWN, None)),
    ],
)
def test_traefiks_own_answers_are_known_by_their_size(
    changes: dict[str, Any], expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """OriginStatus does not tell: Traefik writes its own status there."""
    assert fate(changed(FORMATS["traefik-json-access-log"], changes)) == expected


def test_traefiks_retries_are_hidden_failures() -> None:
    """How they failed is not told."""
    served = changed(FORMATS["traefik-json-access-log"], {"DownstreamStatus": 200, "RetryAttempts": 2})
    assert [attempt.manner for attempt in served.attempts] == [Manner.UNKNOWN, Manner.UNKNOWN, None]


def test_where_a_managed_proxy_took_the_request_in() -> None:
    """Cloudflare's data centre, the gateway's instance."""
    assert changed(FORMATS["cloudflare-log"], {"EdgeColoCode": "FRA"}).node == "FRA"
    gateway = changed(FORMATS["azure-application-gateway-log"], {"properties": {"instanceId": "appgw_3"}})
    assert gateway.node == "appgw_3"
