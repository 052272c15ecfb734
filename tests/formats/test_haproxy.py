from __future__ import annotations

import pytest

from why502.formats.haproxy import FORMAT
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request, Side


def line(times: str, status: str, state: str, retries: str = "0", server: str = "shop/a") -> str:
    return (
        f"192.0.2.9:46554 [22/Nov/2026:20:35:08.242] web {server} {times} {status} 198 - - {state} "
        f'14/2/7/7/{retries} 0/0 "GET /orders?id=7 HTTP/1.1"'
    )


def read(*args: str, **more: str) -> Request:
    request = FORMAT.parse(line(*args, **more), Place("haproxy.log", 7))
    assert isinstance(request, Request), request
    return request


@pytest.mark.parametrize(
    ("times", "status", "state", "retries", "server", "expected"),
    [
        ("0/0/1/2/3", "200", "----", "0", "s/a", (Side.TARGET, Phase.DONE, None)),
        ("0/0/1/2/3", "503", "----", "0", "s/a", (Side.TARGET, Phase.DONE, Manner.ANSWERED)),
        ("0/0/-1/-1/3004", "503", "SC--", "3", "s/a", (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)),
        ("0/0/-1/-1/0", "503", "SC--", "0", "s/a", (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)),
        ("0/0/-1/-1/1", "503", "SC--", "3", "s/a", (Side.PROXY, Phase.CONNECT, Manner.EXHAUSTED)),
        ("0/0/-1/-1/1", "503", "SC--", "+1", "s/a", (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN)),
        ("0/-1/-1/-1/0", "503", "SC--", "0", "s/<NOSRV>", (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN)),
        ("0/0/-1/-1/8005", "503", "sC--", "3", "s/a", (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT)),
        ("0/2001/-1/-1/2001", "503", "sQ--", "0", "s/<NOSRV>", (Side.PROXY, Phase.NO_TARGET, Manner.TIMEOUT)),
        ("0/0/-1/-1/0", "503", "SQ--", "0", "s/a", (Side.PROXY, Phase.NO_TARGET, Manner.EXHAUSTED)),
        ("0/0/1/-1/9", "502", "SH--", "0", "s/a", (Side.PROXY, Phase.WAIT, Manner.CUT)),
        ("0/0/1/-1/2000", "504", "sH--", "0", "s/a", (Side.PROXY, Phase.WAIT, Manner.TIMEOUT)),
        ("0/0/1/-1/2", "502", "PH--", "0", "s/a", (Side.PROXY, Phase.WAIT, Manner.MALFORMED)),
        ("0/0/1/-1/2", "500", "PH--", "0", "s/a", (Side.PROXY, Phase.WAIT, Manner.UNKNOWN)),
        ("0/0/1/2/9", "200", "SD--", "0", "s/a", (None, Phase.BODY, Manner.CUT)),
        ("0/0/1/2/2009", "200", "sD--", "0", "s/a", (None, Phase.BODY, Manner.TIMEOUT)),
        ("0/0/1/2/9", "200", "CD--", "0", "s/a", (Side.CLIENT, Phase.BODY, Manner.GONE)),
        ("0/0/1/2/3600009", "101", "sD--", "0", "s/a", (Side.TARGET, Phase.DONE, None)),
        ("0/0/1/2/60009", "101", "CD--", "0", "s/a", (Side.TARGET, Phase.DONE, None)),
        ("0/0/1/2/60009", "101", "SD--", "0", "s/a", (None, Phase.BODY, Manner.CUT)),
        ("0/0/1/-1/9", "-1", "CH--", "0", "s/a", (Side.CLIENT, Phase.WAIT, Manner.GONE)),
        ("0/0/-1/-1/9", "-1", "CC--", "0", "s/a", (Side.CLIENT, Phase.CONNECT, Manner.GONE)),
        ("-1/-1/-1/-1/9", "408", "cR--", "0", "s/<NOSRV>", (Side.CLIENT, Phase.UNKNOWN, None)),
        ("0/-1/-1/-1/0", "403", "PR--", "0", "s/<NOSRV>", (Side.PROXY, Phase.UNKNOWN, None)),
        ("0/0/-1/-1/0", "503", "PC--", "0", "s/a", (Side.PROXY, Phase.CONNECT, Manner.EXHAUSTED)),
        ("0/-1/-1/-1/0", "503", "LR--", "0", "s/<NOSRV>", (Side.PROXY, Phase.UNKNOWN, None)),
        ("0/0/-1/-1/0", "503", "RC--", "0", "s/a", (Side.PROXY, Phase.CONNECT, Manner.EXHAUSTED)),
        ("0/0/1/-1/9", "503", "DH--", "0", "s/a", (Side.PROXY, Phase.WAIT, Manner.UNKNOWN)),
    ],
)
def test_the_termination_state_tells_who_and_how_far(
    times: str, status: str, state: str, retries: str, server: str, expected: tuple[Side | None, Phase, Manner | None]
) -> None:
    """First letter: who ended it; second: how far it had come; -1 in a timer: it did not get there."""
    request = read(times, status, state, retries, server)
    assert expected == (request.side, request.phase, request.manner)


def test_timers_become_seconds() -> None:
    """`%tr` is the start; Ta counts from there."""
    request = read("5/0/30/69/109", "200", "----")
    assert (request.connect_s, request.wait_s, request.total_s) == (0.03, 0.069, 0.109)
    assert (request.start_s, request.end_s) == (1795379708.242, 1795379708.351)


def test_a_connect_with_retries_tells_no_time() -> None:
    """Tc counts failed attempts and pauses of a second: it is no time to connect, least of all a repeated SYN's."""
    request = read("0/0/1002/1/1003", "200", "----", "1")
    assert (request.connect_s, len(request.attempts)) == (None, 2)


def test_asap_lines_and_captures_are_read() -> None:
    """`option logasap` puts '+' before time and size; captured headers stand before the request."""
    text = line("0/0/1/2/+3", "200", "----").replace(" 198 ", " +198 ").replace("0/0 ", "0/0 {shop|x} {a b} ")
    request = FORMAT.parse(text, Place("haproxy.log", 7))
    assert isinstance(request, Request)
    assert (request.total_s, request.path) == (0.003, "/orders")


@pytest.mark.parametrize(
    "text",
    [
        'Server shop/a is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms.',
        "backend shop has no server available!",
        "Proxy web started.",
        "192.0.2.9:46554 [22/Nov/2026:20:35:08.242] web/1: Connection closed during SSL handshake",
        "[NOTICE] (4117) : New worker (4119) forked",
        "Connect() failed for backend shop: no free ports.",
        "Connect from 192.0.2.9:46554 to 10.0.0.1:80 (web/HTTP)",
    ],
)
def test_messages_tell_of_no_session(text: str) -> None:
    """They are understood, and no request."""
    assert FORMAT.parse(text, Place("haproxy.log", 7)) is None


def test_messages_alone_are_haproxys_if_no_other_program_writes_them() -> None:
    """A log of a quiet day tells only of servers that went down; 'Proxy web started.' may be anybody's."""
    assert FORMAT.fit(["Proxy web started."]) == 0.0
    down = "Server shop/a is DOWN, reason: Layer4 timeout, check duration: 2002ms."
    assert FORMAT.fit([down, "Proxy web started.", "backend shop has no server available!"]) == 1.0
    assert FORMAT.fit(["Our Server shop/a is DOWN, reason: x", "the backend shop has no server available"]) == 0.0
