from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.errors import Why502Error
from why502.formats.nginx_log_format import compiled
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request, Side

AT = Place("access.log", 7)
PIPES = (
    "$msec|$remote_addr|$request_method|$uri|$status|$request_time|$upstream_addr|$upstream_status|"
    "$upstream_connect_time"
)
BLANKS = (
    '[$time_local] $remote_addr "$request" $status $upstream_addr $upstream_status $upstream_connect_time '
    '$upstream_header_time $request_time "$http_user_agent"'
)
JSON = '{"at":"$time_iso8601","code":$status,"ua":"$http_user_agent","to":"$upstream_addr","s":"$upstream_status"}'


def read(log_format: str, line: str) -> Request:
    request = compiled(log_format).parse(line, AT)
    assert isinstance(request, Request), request
    return request


def test_variables_between_marks_are_fields() -> None:
    """Any mark between them will do; the time is the end."""
    line = "1795376254.731|192.0.2.9|GET|/orders|504|2.002|10.0.0.7:8080|504|-"
    request = read(PIPES, line)
    assert (request.side, request.phase, request.manner) == (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT)
    assert (request.client, request.target, request.path) == ("192.0.2.9", "10.0.0.7:8080", "/orders")
    assert (request.start_s, request.end_s) == (1795376252.729, 1795376254.731)


def test_lists_of_attempts_hold_blanks() -> None:
    """Between blanks an upstream variable reaches over ', ' and ' : '."""
    line = (
        '[22/Nov/2026:19:37:34 +0000] 192.0.2.9 "GET /a?b=1 HTTP/1.1" 200 10.0.0.7:80, 10.0.0.8:80 502, 200 -, 0.001 '
        '-, 0.002 0.003 "Mozilla/5.0 (X11; Linux) \\x22x\\x22"'
    )
    request = read(BLANKS, line)
    assert [(each.target, each.status, each.manner) for each in request.attempts] == [
        ("10.0.0.7:80", 502, Manner.UNKNOWN),
        ("10.0.0.8:80", 200, None),
    ]
    assert (request.path, request.total_s) == ("/a", 0.003)


def test_json_with_keys_of_ones_own_is_read_by_its_format() -> None:
    """A quote in a value is escaped and ends nothing."""
    line = '{"at":"2026-11-22T19:37:34+00:00","code":502,"ua":"a \\"b\\", \\"to\\":\\"x","to":"10.0.0.7:80","s":"502"}'
    assert (read(JSON, line).target, read(JSON, line).status) == ("10.0.0.7:80", 502)


def test_a_line_of_another_format_is_not_understood() -> None:
    """The reason is told, and the fit is 0."""
    assert isinstance(compiled(PIPES).parse("something else", AT), str)
    assert compiled(PIPES).fit(["something else"]) == 0.0


@pytest.mark.parametrize(("text", "why"), [("$remote_addr $request", "no $status"), ("$status" * 9000, "longer")])
def test_a_format_that_tells_nothing_is_refused_in_one_sentence(text: str, why: str) -> None:
    """Without a status no failure can be seen."""
    with pytest.raises(Why502Error) as caught:
        compiled(text)
    assert why in caught.value.why


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='$stau_{}" |,:[]()*+?\\.\n', max_size=60), st.text(max_size=200))
def test_any_format_and_any_line_are_read_or_refused(text: str, line: str) -> None:
    """What stands between the variables is text, whatever a regular expression would make of it."""
    assert isinstance(compiled("$status|" + text).parse(line, AT), Request | str)


def test_a_long_line_is_refused_at_once() -> None:
    """A pattern that backtracks would hang here."""
    many = compiled("$status " + " ".join(f"$upstream_addr $v{n}" for n in range(40)))
    assert isinstance(many.parse("502 " + "a, " * 60_000, AT), str)
