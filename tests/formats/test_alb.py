from __future__ import annotations

import pytest

from why502.formats.alb import FORMAT
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request, Side

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/orders/73e2d6bc24d8a067"
CREATED = "2026-11-22T19:37:34.000000Z"


def row(
    times: str,
    statuses: str,
    *,
    at: str = "19:37:34.500000",
    addresses: str = "203.0.113.9:41022 10.0.0.7:8080 ",
    reason: str = "-",
    actions: str = "forward",
    targets: str = "10.0.0.7:8080",
) -> str:
    return (
        f"https 2026-11-22T{at}Z app/shop/50dc6c495c0c9188 {addresses}{times} {statuses} 341 610 "
        f'"POST https://shop.example:443/orders?card=1 HTTP/1.1" "curl/8.5.0" TLS_AES_128_GCM_SHA256 TLSv1.3 {ARN} '
        f'"Root=1-5-3" "shop.example" "session-reused" 0 {CREATED} "{actions}" "-" "{reason}" "{targets}" '
        '"-" "-" "-" TID_1'
    )


def read(line: str) -> Request:
    request = FORMAT.parse(line, Place("alb.log", 7))
    assert isinstance(request, Request), request
    return request


@pytest.mark.parametrize(
    ("times", "statuses", "at", "expected"),
    [
        ("0.000 0.012 0.000", "200 200", "19:37:34.013000", (Side.TARGET, Phase.DONE, None)),
        ("0.000 0.012 0.000", "502 502", "19:37:34.013000", (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        ("0.000 0.012 0.000", "404 404", "19:37:34.013000", (Side.TARGET, Phase.DONE, None)),
        ("0.001 0.012 -1", "502 -", "19:37:34.013000", (Side.PROXY, Phase.WAIT, Manner.CUT)),
        ("0.001 4.205 -1", "502 -", "19:37:38.206000", (Side.PROXY, Phase.WAIT, Manner.CUT)),
        ("0.001 0.012 0.000", "502 -", "19:37:34.013000", (Side.PROXY, Phase.WAIT, Manner.UNKNOWN)),
        ("0.001 -1 -1", "504 -", "19:38:34.001000", (Side.PROXY, Phase.WAIT, Manner.TIMEOUT)),
        ("0.001 60.001 -1", "504 -", "19:38:34.002000", (Side.PROXY, Phase.WAIT, Manner.TIMEOUT)),
        ("-1 -1 -1", "504 -", "19:37:44.000000", (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT)),
        ("-1 -1 -1", "502 -", "19:37:44.002000", (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT)),
        ("-1 -1 -1", "502 -", "19:37:34.001000", (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)),
        ("0.001 2.000 -1", "460 -", "19:37:36.001000", (Side.CLIENT, Phase.WAIT, Manner.GONE)),
        ("-1 -1 -1", "400 -", "19:37:34.001000", (Side.PROXY, Phase.UNKNOWN, None)),
        ("-1 -1 -1", "000 -", "19:37:34.001000", (Side.PROXY, Phase.UNKNOWN, None)),
        ("0.001 0.012 0.001", "502 200", "19:37:34.014000", (Side.PROXY, Phase.BODY, Manner.UNKNOWN)),
    ],
)
def test_times_and_statuses_tell_how_far_it_came(
    times: str, statuses: str, at: str, expected: tuple[Side, Phase, Manner | None]
) -> None:
    """Who made the status, the phase and the manner follow the documented rows."""
    request = read(row(times, statuses, at=at))
    assert expected == (request.side, request.phase, request.manner)


def test_the_node_is_the_34th_field() -> None:
    """`ip_address`, behind the three fields of URL rewriting; older lines, and pasted ones without it, have none."""
    line = row("0.000 0.012 0.000", "200 200")
    assert read(line).node is None
    for more in ('"-" "-" "-" 10.0.0.5', '"-" "-" - 10.0.0.5 "-" "-"'):
        assert read(f"{line} {more}").node == "10.0.0.5"
    pasted = f"{line} " + '"-" "-" "-" 2001:db8::5'
    assert read(pasted.replace(' "TLSv1.3"', "").replace("203.0.113.9:41022 ", "")).node == "2001:db8::5"
    assert read(f"{line} " + '"-" "-" "-" -').node is None


def test_503_without_a_target_means_that_none_could_be_chosen() -> None:
    """A target group without usable targets: target '-', all times -1."""
    request = read(row("-1 -1 -1", "503 -", addresses="203.0.113.9:41022 - ", targets="-"))
    assert (request.phase, request.manner, request.target) == (Phase.NO_TARGET, Manner.UNKNOWN, None)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("WAFConnectionTimeout", (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)),
        ("LambdaThrottling", (Side.PROXY, Phase.NO_TARGET, Manner.EXHAUSTED)),
        ("LambdaUnhandled", (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        ("LambdaResponseTooLarge", (Side.PROXY, Phase.WAIT, Manner.MALFORMED)),
        ("LambdaConnectionTimeout", (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT)),
        ("LambdaAccessDenied", (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
    ],
)
def test_502_without_a_target_is_what_the_reason_says(reason: str, expected: tuple[object, ...]) -> None:
    """A Lambda failed as its error_reason tells; of a firewall's no phase is guessed."""
    line = row("-1 -1 -1", "502 -", addresses="203.0.113.9:41022 - ", reason=reason, targets="-")
    request = read(line)
    assert request.reason == reason
    assert expected == (request.side, request.phase, request.manner)


def test_a_fixed_response_is_no_failure() -> None:
    """A maintenance page with status 503 does what it was configured to do."""
    line = row("-1 -1 -1", "503 -", addresses="203.0.113.9:41022 - ", actions="fixed-response", targets="-")
    assert (read(line).manner, read(line).reason) == (None, "fixed-response")


def test_fields_become_ours() -> None:
    """Addresses, group, request line and clocks; the query string is dropped."""
    request = read(row("-1 -1 -1", "504 -", at="19:37:44.001000"))
    assert (request.client, request.target, request.group) == ("203.0.113.9:41022", "10.0.0.7:8080", "orders")
    assert (request.method, request.path, request.request_bytes) == ("POST", "/orders", 341)
    assert (request.total_s, request.start_s) == (10.001, 1795376254.0)
    assert (request.connect_s, request.wait_s) == (None, None)


def test_a_wait_that_was_not_logged_is_the_rest_of_the_total() -> None:
    """`0.001 -1 -1 504`: the wait is the duration less the time to connect."""
    assert read(row("0.001 -1 -1", "504 -", at="19:38:34.001000")).wait_s == 60.0


@pytest.mark.parametrize(
    ("addresses", "targets", "client", "target"),
    [
        ("", "-", None, None),
        ("", "10.0.0.7:8080", None, "10.0.0.7:8080"),
        ("10.0.0.7:8080 ", "10.0.0.7:8080", None, "10.0.0.7:8080"),
        ("203.0.113.9:41022 ", "10.0.0.7:8080", "203.0.113.9:41022", "10.0.0.7:8080"),
        ("203.0.113.9:41022 ", "-", None, None),
        ("- ", "-", None, None),
    ],
)
def test_removed_addresses_do_not_shift_the_other_fields(
    addresses: str, targets: str, client: str | None, target: str | None
) -> None:
    """The run of times and statuses is the anchor; one address alone is not guessed at."""
    request = read(row("0.001 0.012 -1", "502 -", at="19:37:34.013000", addresses=addresses, targets=targets))
    assert (client, target, 0.012, "orders") == (request.client, request.target, request.wait_s, request.group)


def test_a_row_of_the_first_years_is_read() -> None:
    """The first fields suffice: rows ended with the trace id once."""
    line = row("0.001 0.012 -1", "502 -").split(' "shop.example"')[0]
    assert (read(line).status, read(line).target, read(line).start_s) == (502, "10.0.0.7:8080", None)


def test_a_line_cut_before_its_statuses_is_not_understood() -> None:
    """Half a line is counted, not guessed."""
    line = row("0.001 0.012 -1", "502 -")
    assert isinstance(FORMAT.parse(line[: line.index(" 341")], Place("alb.log", 7)), str)


def test_a_classic_load_balancer_is_somebody_else() -> None:
    """No type in front: not an ALB's line."""
    line = (
        "2015-05-13T23:39:43.945958Z my-elb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "
        '"GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -'
    )
    assert FORMAT.fit([line]) == 0.0
