from __future__ import annotations

import pytest

from why502.formats.nginx_access import FORMAT
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request, Side

HEAD = '192.0.2.1 - alice [22/Nov/2026:21:37:34 +0200] "GET /orders?card=1 HTTP/1.1"'


def read(status: int, rest: str, sent_bytes: int = 157) -> Request:
    request = FORMAT.parse(f'{HEAD} {status} {sent_bytes} "-" "curl/8.5.0"{rest}', Place("access.log", 7))
    assert isinstance(request, Request), request
    return request


def pairs(uct: str, uht: str, urt: str, us: str, ua: str = "10.0.0.7:80") -> str:
    return f' rt=2.000 uct="{uct}" uht="{uht}" urt="{urt}" us="{us}" ua="{ua}"'


@pytest.mark.parametrize(
    ("status", "rest", "expected"),
    [
        (200, pairs("0.000", "0.010", "0.012", "200"), (Side.TARGET, Phase.DONE, None)),
        (502, pairs("0.000", "0.010", "0.012", "502"), (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        (502, pairs("-", "-", "0.000", "502"), (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)),
        (504, pairs("-", "-", "2.000", "504"), (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT)),
        (502, pairs("0.001", "-", "0.002", "502"), (Side.PROXY, Phase.WAIT, Manner.CUT)),
        (504, pairs("0.001", "-", "2.000", "504"), (Side.PROXY, Phase.WAIT, Manner.TIMEOUT)),
        (502, pairs("-", "-", "0.000", "502", "orders"), (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
        (502, pairs("-", "-", "-", "-", "-"), (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
        (500, pairs("-", "-", "0.000", "-", "-"), (Side.PROXY, Phase.CONNECT, Manner.EXHAUSTED)),
        (499, pairs("0.001", "-", "2.000", "-"), (Side.CLIENT, Phase.WAIT, Manner.GONE)),
        (499, pairs("-", "-", "2.000", "-"), (Side.CLIENT, Phase.CONNECT, Manner.GONE)),
        (9, pairs("0.000", "0.000", "0.000", "200"), (Side.TARGET, Phase.BODY, Manner.MALFORMED)),
        (502, "", (None, Phase.UNKNOWN, Manner.UNKNOWN)),
        (499, "", (Side.CLIENT, Phase.UNKNOWN, Manner.GONE)),
        (200, "", (None, Phase.UNKNOWN, None)),
    ],
)
def test_upstream_times_tell_how_far_it_came(
    status: int, rest: str, expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """A 502 in `$upstream_status` is the target's own only if a header time proves it."""
    request = FORMAT.parse(f'{HEAD} {status:03} 157 "-" "curl/8.5.0"{rest}', Place("access.log", 7))
    assert isinstance(request, Request)
    assert expected == (request.side, request.phase, request.manner)


def test_the_target_status_is_only_what_the_target_said() -> None:
    """The 502 of a refused connect is nginx's word."""
    assert read(502, pairs("-", "-", "0.000", "502")).target_status is None
    assert read(502, pairs("0.000", "0.001", "0.001", "502")).target_status == 502


@pytest.mark.parametrize("quote", ['"', ""])
def test_attempts_are_zipped_over_retries_and_redirects(quote: str) -> None:
    """', ' joins retries and ' : ' internal redirects; the last attempt is the request's."""
    rest = (
        ' rt=0.5 uct="-, 0.100 : 0.200" uht="-, - : 0.300" urt="0.0, 0.4 : 0.5" status="502, 502 : 200" '
        'upstream="10.0.0.7:80, 10.0.0.8:80 : [fd00::9]:80"'
    )
    request = read(200, rest.replace('"', quote))
    assert [(attempt.target, attempt.status, attempt.connect_s) for attempt in request.attempts] == [
        ("10.0.0.7:80", 502, None),
        ("10.0.0.8:80", 502, 0.1),
        ("[fd00::9]:80", 200, 0.2),
    ]
    assert (request.target, request.connect_s, request.wait_s, request.manner) == ("[fd00::9]:80", 0.2, 0.1, None)


def test_the_line_is_written_when_the_request_ends() -> None:
    """`$time_local` and `msec` are the end; the start lies one request time before."""
    whole, precise = read(502, " rt=2.000"), read(502, " rt=2.000 msec=1795376254.731")
    assert (whole.start_s, whole.end_s) == (1795376252.0, 1795376254.0)
    assert (precise.start_s, precise.end_s) == (1795376252.731, 1795376254.731)


INGRESS = " 341 0.004 [shop-orders-80] [] 10.244.1.7:8080 {length} 0.004 {status} 7ba5c8f9a1d14d3e9a5b1c2d3e4f5061"


@pytest.mark.parametrize(
    ("status", "length", "sent", "expected"),
    [
        (502, 19, 19, (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        (502, 0, 150, (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)),
        (504, 0, 160, (Side.PROXY, Phase.UNKNOWN, Manner.TIMEOUT)),
        (502, 0, 0, (None, Phase.UNKNOWN, Manner.UNKNOWN)),
        (500, 0, 0, (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
    ],
)
def test_without_header_times_the_length_of_the_answer_tells(
    status: int, length: int, sent: int, expected: tuple[Side | None, Phase, Manner]
) -> None:
    """A body from the target proves that it answered; a page of nginx's own, that it did not (ingress-nginx)."""
    request = read(status, INGRESS.format(length=length, status=status), sent)
    assert expected == (request.side, request.phase, request.manner)
    assert (request.group, request.target, request.request_bytes) == ("shop-orders-80", "10.244.1.7:8080", 341)


def test_keys_inside_quotes_are_text() -> None:
    """What a client sends in a header cannot pose as a field."""
    request = read(502, ' "rt=9 us=200" xff="a us=200 uht=1 " uct="-" uht="-" urt="0.000" us="502" ua="10.0.0.7:80"')
    assert (request.phase, request.target_status) == (Phase.CONNECT, None)


def test_plain_combined_is_less_certain_than_upstream_fields() -> None:
    """Other servers write `combined` as well."""
    line = f'{HEAD} 502 157 "-" "curl/8.5.0"'
    assert FORMAT.fit([line]) < FORMAT.fit([line + pairs("-", "-", "0.000", "502")])
