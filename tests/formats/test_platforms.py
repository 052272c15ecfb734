from __future__ import annotations

import json
from typing import Any

import pytest

from tests.bounded import ends
from tests.formats.test_managed import FORMATS, UNTOLD, changed, fate
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request, Side


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        ("OriginConnectionRefused", "503", (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)),
        ("OriginInvalidResponse", "502", (Side.PROXY, Phase.WAIT, Manner.UNKNOWN)),
        ("DNSTimeout", "503", (Side.PROXY, Phase.NO_TARGET, Manner.UNRESOLVED)),
        ("SSLHandshakeError", "503", (Side.PROXY, Phase.TLS, Manner.UNKNOWN)),
        ("ClientDisconnected", "499", (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)),
        ("RestrictedIP", "403", (Side.PROXY, Phase.UNKNOWN, None)),
        ("NoError", "503", (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        ("NoError", "0", UNTOLD),
        (None, "502", UNTOLD),
        ("SomethingNew", "502", (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)),
    ],
)
def test_front_door_says_it_in_error_info(
    error: str | None, status: str, expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """A refusal there is any connection that was not made; an invalid response has many causes."""
    changes = {"properties": {"ErrorInfo": error, "httpStatusCode": status}}
    assert fate(changed(FORMATS["azure-front-door-log"], changes)) == expected


@pytest.mark.parametrize(("text", "seconds"), [("0.598", 0.598), ("598", 0.598), ("2.0", 2.0), ("0", 0.0)])
def test_front_doors_times_are_seconds_where_they_have_a_point(text: str, seconds: float) -> None:
    """The guide says milliseconds, recorded logs have decimals."""
    assert changed(FORMATS["azure-front-door-log"], {"properties": {"timeTaken": text}}).total_s == seconds


def test_what_front_doors_shield_asks_is_not_counted_twice() -> None:
    """The record of the parent node, and records of probes and of the firewall, are no requests of clients."""
    log_format = FORMATS["azure-front-door-log"]
    record = json.loads(log_format.samples[0].line)
    record["properties"]["isReceivedFromClient"] = False
    probe = {"category": "FrontDoorHealthProbeLog", "properties": {"result": "OriginError", "httpStatusCode": "400"}}
    for each in (record, probe):
        assert log_format.parse(json.dumps(each), Place("x", 1)) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"integration.status": "503", "status": "503"}, (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        ({"error.responseType": "INTEGRATION_FAILURE"}, (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)),
        ({"error.responseType": "AUTHORIZER_FAILURE", "status": "500"}, (Side.PROXY, Phase.UNKNOWN, None)),
        ({"status": "502"}, UNTOLD),
        ({"status": "404"}, (None, Phase.UNKNOWN, None)),
    ],
)
def test_api_gateway_tells_as_much_as_its_format_holds(
    changes: dict[str, Any], expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """A 502 alone may be the integration's own or a malformed answer of a function."""
    assert fate(changed(FORMATS["api-gateway-log"], {"status": "504", **changes})) == expected


@pytest.mark.parametrize(("epoch", "start_s"), [("1663964129948", 1663964129.948), ("1663811436", 1663811436.0)])
def test_api_gateways_epochs_have_two_units(epoch: str, start_s: float) -> None:
    """Milliseconds of REST APIs, seconds of HTTP APIs: both in one public set of logs."""
    assert changed(FORMATS["api-gateway-log"], {"requestTimeEpoch": epoch}).start_s == start_s


@pytest.mark.parametrize(
    ("code", "sock", "expected"),
    [
        ("H10", "", (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
        ("H19", "", (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT)),
        ("H21", "", (Side.PROXY, Phase.CONNECT, Manner.REFUSED)),
        ("H15", "", (None, Phase.UNKNOWN, Manner.TIMEOUT)),
        ("H18", "sock=backend ", (Side.PROXY, Phase.UNKNOWN, Manner.CUT)),
        ("H18", "sock=client ", (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)),
        ("H80", "", (Side.PROXY, Phase.UNKNOWN, None)),
        ("H99", "", (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)),
    ],
)
def test_herokus_codes_say_how_the_dyno_failed(
    code: str, sock: str, expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """The status is 503 for all of them."""
    line = FORMATS["heroku-router-log"].samples[0].line.replace("at=error", f"{sock}at=error").replace("H12", code)
    read = FORMATS["heroku-router-log"].parse(line, Place("x", 1))
    assert isinstance(read, Request)
    assert fate(read) == expected


def test_an_error_of_the_app_is_the_apps() -> None:
    """Without a code the router passed on what the dyno answered; the app's own lines are no requests."""
    log_format = FORMATS["heroku-router-log"]
    line = log_format.samples[0].line
    read = log_format.parse(line.replace('at=error code=H12 desc="Request timeout"', "at=info"), Place("x", 1))
    assert isinstance(read, Request)
    assert fate(read) == (Side.TARGET, Phase.DONE, Manner.ANSWERED)
    crashed = "2017-10-17T01:48:23.172356+00:00 heroku[web.1]: State changed from up to crashed"
    assert log_format.parse(crashed, Place("x", 1)) is None
    assert log_format.fit([crashed]) == 0.0


@pytest.mark.parametrize(
    ("codes", "query", "expected"),
    [
        ("502 3 12029", "-", (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)),
        ("502 3 2147954429", "-", (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)),
        ("502 3 12152", "-", (Side.PROXY, Phase.WAIT, Manner.MALFORMED)),
        ("502 3 64", "-", (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)),
        ("502 4 0", "-", (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
        ("503 0 0", "SERVER-STATUS=503", (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        ("503 0 0", "-", UNTOLD),
        ("500 0 0", "-", UNTOLD),
        ("404 0 2", "-", (None, Phase.UNKNOWN, None)),
    ],
)
def test_iis_says_it_in_the_substatus_and_the_windows_error(
    codes: str, query: str, expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """502.3 is the forwarder's, and the error is WinHTTP's; as an HRESULT from the module of ASP.NET Core."""
    line = FORMATS["iis-log"].samples[1].line.replace("200 0 0", codes).replace("q=100", query)
    read = FORMATS["iis-log"].parse(line, Place("x", 1))
    assert isinstance(read, Request)
    assert fate(read) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"source": "upstream", "response": {"status": 502}}, (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        ({"source": "kong", "response": {"status": 502}}, (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)),
        ({"source": "kong", "response": {"status": 504}}, (Side.PROXY, Phase.UNKNOWN, Manner.TIMEOUT)),
        ({"response": {"status": 502}}, UNTOLD),
        ({"response": {"status": 499}}, (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)),
    ],
)
def test_kong_says_who_answered_from_35_on(
    changes: dict[str, Any], expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """Before, a 502 may be the service's own."""
    assert fate(changed(FORMATS["kong-log"], changes)) == expected


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("heroku[web.1]: State changed from up to crashed", "exit"),
        ("heroku[web.1]: State changed from starting to crashed", "exit"),
        ("heroku[web.1]: State changed from up to starting", None),
        ("heroku[web.1]: Error R15 (Memory quota vastly exceeded)", "oom"),
        ("heroku[web.1]: Error R14 (Memory quota exceeded)", None),
        ("app[web.1]: State changed from up to crashed", None),
        ('heroku[router]: at=error code=H10 desc="App crashed" method=GET path="/" status=503', None),
    ],
)
def test_the_crash_of_a_dyno_is_an_event(said: str, kind: str | None) -> None:
    """What the process manager logs, not what the app writes; each crash once."""
    tell = FORMATS["heroku-router-log"].tell
    assert tell is not None
    event = tell(f"2017-10-17T01:48:23.172356+00:00 {said}", Place("x", 1), None, None)
    assert (event.kind if event else None) == kind
    if event:
        assert (event.process, event.at_s) == ("web.1", 1508204903.172356)


@pytest.mark.parametrize(("result", "told"), [("OriginError", True), ("Success", False)])
def test_a_failed_probe_of_front_door_is_an_event(result: str, told: bool) -> None:
    """MicrosoftDocs/azure-docs, front-door-diagnostics.md, the example of a health probe log, shortened."""
    line = (
        '{"time":"2021-02-02T07:15:37.3640748Z","category":"FrontDoorHealthProbeLog","properties":{"POP":"MAA","httpVerb":'
        f'"HEAD","result":"{result}","httpStatusCode":"400","originName":"afdxprivatepreview.blob.core.windows.net",'
        '"originIP":"52.239.224.228:80","totalLatencyMilliseconds":"141"}}'
    )
    tell = FORMATS["azure-front-door-log"].tell
    assert tell is not None
    event = tell(line, Place("x", 1), None, None)
    assert (event is not None) == told
    if event:
        assert (event.kind, event.process, event.at_s) == (
            "health-check-failed",
            "52.239.224.228:80",
            1612250137.364074,
        )
        assert event.text.endswith("failed its health probe (OriginError, status 400)")


def test_names_without_a_value_in_herokus_lines_are_looked_through_once() -> None:
    code = """
    from why502.formats.heroku import FORMAT
    from why502.model.evidence import Place
    line = FORMAT.samples[0].line
    print(FORMAT.parse(f"{line} {'a=' * 500_000}", Place("a", 1)) == FORMAT.parse(line, Place("a", 1)))
    """
    assert ends(code) == "True"
