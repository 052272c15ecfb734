from __future__ import annotations

import pytest

from why502.formats.nginx_error import FORMAT
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request, Side

REST = (
    ', client: 192.0.2.1, server: shop, request: "POST /orders?card=1 HTTP/1.1", '
    'upstream: "http://10.0.0.7:8080/orders?card=1", host: "shop"'
)
WAITING = "while reading response header from upstream"
CONNECTING = "while connecting to upstream"


def line(message: str, level: str = "error", rest: str = REST) -> str:
    return f"2026/11/22 21:37:34 [{level}] 31#31: *9 {message}{rest}"


def read(text: str) -> Request | None | str:
    return FORMAT.parse(text, Place("error.log", 7))


SENDING = "while sending request to upstream"
SHAKING = "while SSL handshaking to upstream"
TIMED_OUT = "upstream timed out (110: Connection timed out)"
RESET = "failed (104: Connection reset by peer)"


@pytest.mark.parametrize(
    ("message", "action", "phase", "manner"),
    [
        ("connect() failed (111: Connection refused)", CONNECTING, Phase.CONNECT, Manner.REFUSED),
        ("connect() to 10.0.0.7:8080 failed (101: Network is ...)", CONNECTING, Phase.CONNECT, Manner.UNREACHABLE),
        ("connect() failed (113: No route to host)", CONNECTING, Phase.CONNECT, Manner.UNREACHABLE),
        ("connect() failed (110: Connection timed out)", CONNECTING, Phase.CONNECT, Manner.TIMEOUT),
        (TIMED_OUT, CONNECTING, Phase.CONNECT, Manner.TIMEOUT),
        (f"connect() {RESET}", CONNECTING, Phase.CONNECT, Manner.RESET),
        ("connect() to 10.0.0.7:8080 failed (99: Cannot assign ...)", CONNECTING, Phase.CONNECT, Manner.EXHAUSTED),
        ("socket() failed (24: Too many open files)", CONNECTING, Phase.CONNECT, Manner.EXHAUSTED),
        ("64 worker_connections are not enough", CONNECTING, Phase.CONNECT, Manner.EXHAUSTED),
        ("connect() to unix:/run/a.sock failed (11: Resource ...)", CONNECTING, Phase.CONNECT, Manner.QUEUE_FULL),
        ("connect() to unix:/run/a.sock failed (2: No such file ...)", CONNECTING, Phase.CONNECT, Manner.REFUSED),
        ("connect() to unix:/run/a.sock failed (13: Permission denied)", CONNECTING, Phase.CONNECT, Manner.FORBIDDEN),
        ("connect() to 10.0.0.7:8080 failed (13: Permission denied)", CONNECTING, Phase.CONNECT, Manner.FORBIDDEN),
        ("connect() to 10.0.0.7:8080 failed (11: Resource ...)", CONNECTING, Phase.CONNECT, Manner.UNKNOWN),
        ("upstream prematurely closed connection", WAITING, Phase.WAIT, Manner.CLOSED),
        (f"recv() {RESET}", WAITING, Phase.WAIT, Manner.RESET),
        (TIMED_OUT, WAITING, Phase.WAIT, Manner.TIMEOUT),
        ('upstream sent invalid header: "bad\\x01..."', WAITING, Phase.WAIT, Manner.MALFORMED),
        ('upstream sent duplicate header line: "Content-Length: 2"', WAITING, Phase.WAIT, Manner.MALFORMED),
        ("upstream sent no valid HTTP/1.0 header", WAITING, Phase.WAIT, Manner.MALFORMED),
        ("upstream sent too big header", WAITING, Phase.WAIT, Manner.TOO_LARGE),
        ("writev() failed (32: Broken pipe)", SENDING, Phase.SEND, Manner.CUT),
        (f"send() {RESET}", SENDING, Phase.SEND, Manner.RESET),
        (TIMED_OUT, SENDING, Phase.SEND, Manner.TIMEOUT),
        (TIMED_OUT, SHAKING, Phase.TLS, Manner.TIMEOUT),
        ("SSL_do_handshake() failed (SSL: error:0A000086)", SHAKING, Phase.TLS, Manner.UNKNOWN),
        ("peer closed connection in SSL handshake (104: Connection ...)", SHAKING, Phase.TLS, Manner.RESET),
        ("upstream SSL certificate verify error: (18:self-signed)", SHAKING, Phase.TLS, Manner.UNKNOWN),
        ("no live upstreams", CONNECTING, Phase.NO_TARGET, Manner.UNKNOWN),
        ("orders.internal could not be resolved (3: Host not found)", "", Phase.NO_TARGET, Manner.UNRESOLVED),
        ("orders.internal could not be resolved (110: Operation timed out)", "", Phase.NO_TARGET, Manner.UNRESOLVED),
    ],
)
@pytest.mark.parametrize("level", ["error", "crit", "alert"])
def test_messages_before_an_answer_are_the_proxys_failures(
    level: str, message: str, action: str, phase: Phase, manner: Manner
) -> None:
    """Each message tells the phase and the manner; nginx then makes the status."""
    words = f"{message} {action}".strip()
    request = read(line(words, level))
    assert isinstance(request, Request)
    assert (request.side, request.phase, request.manner, request.reason) == (Side.PROXY, phase, manner, words)


@pytest.mark.parametrize(
    ("message", "manner"),
    [
        ("upstream prematurely closed connection while reading upstream", Manner.CLOSED),
        ("readv() failed (104: Connection reset by peer) while reading upstream", Manner.RESET),
        ("upstream timed out (110: Connection timed out) while reading upstream", Manner.TIMEOUT),
        ("upstream sent invalid chunked response while reading upstream", Manner.MALFORMED),
    ],
)
def test_a_body_that_breaks_off_leaves_the_status_to_the_target(message: str, manner: Manner) -> None:
    """The header had been passed on, so nobody can say from this line who made the status."""
    request = read(line(message))
    assert isinstance(request, Request)
    assert (None, Phase.BODY, manner) == (request.side, request.phase, request.manner)


def test_fields_become_ours() -> None:
    """Client, target, method and path; local time is read as if it were UTC."""
    request = read(line(f"connect() failed (111: Connection refused) {CONNECTING}"))
    assert isinstance(request, Request)
    assert (
        request.client,
        request.target,
        request.method,
        request.path,
    ) == ("192.0.2.1", "10.0.0.7:8080", "POST", "/orders")
    assert (request.status, request.start_s, request.end_s) == (None, None, 1795383454.0)


@pytest.mark.parametrize(
    "text",
    [
        "2026/11/22 21:37:34 [notice] 31#31: signal 15 (SIGTERM) received from 1, exiting",
        "2026/11/22 21:37:34 [info] 31#31: *9 client 192.0.2.1 closed keepalive connection",
        "2026/11/22 21:37:34 [alert] 31#31: accept4() failed (24: Too many open files)",
        line("an upstream response is buffered to a temporary file /p/1 while reading upstream", "warn"),
        line("upstream server temporarily disabled while connecting to upstream", "warn"),
        line(
            'open() "/usr/share/nginx/html/x" failed (2: No such file or directory)',
            rest=REST.split(", upstream", maxsplit=1)[0],
        ),
        line(
            "SSL_do_handshake() failed (SSL: error:0A00006C) while SSL handshaking",
            "info",
            ", client: 1.2.3.4, server: x",
        ),
        line("upstream timed out (110: Connection timed out) while proxying upgraded connection"),
        line('FastCGI sent in stderr: "PHP message: oops" while reading response header from upstream'),
    ],
)
def test_lines_that_tell_of_no_failed_exchange_are_understood(text: str) -> None:
    """Notices and other people's errors count as read and give no request."""
    assert read(text) is None


def test_a_message_that_nginx_cut_is_read_as_far_as_it_goes() -> None:
    """Messages end at 2048 bytes, in the middle of a long request line."""
    request = read(line(f"upstream timed out (110: Connection timed out) {WAITING}")[:190])
    assert isinstance(request, Request)
    assert (request.client, request.target, request.phase) == ("192.0.2.1", None, Phase.WAIT)


def test_the_continuation_of_a_message_is_not_understood() -> None:
    """Multi-line output of an application is counted, not swallowed."""
    assert isinstance(read("PHP Stack trace:"), str)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026/11/22 21:37:34 [crit] 31#31: accept4() failed (24: Too many open files)", True),
        ("2026-11-22T21:37:35Z stderr F 2026/11/22 21:37:34 [crit] 31#31: accept() failed (23: Too many ...)", True),
        ("2026/11/22 21:37:34 [error] 31#31: accept4() failed (103: Software caused connection abort)", False),
        (line(f"socket() failed (24: Too many open files) {CONNECTING}", "alert"), False),
        ("nonsense", False),
    ],
)
def test_connections_that_could_not_be_taken(text: str, told: bool) -> None:
    """They belong to no request: the format tells them as events."""
    assert FORMAT.tell is not None
    event = FORMAT.tell(text, Place("error.log", 7), None, None)
    assert (event is not None) is told
    if event is not None:
        assert (event.at_s, event.kind, event.process) == (1795383454.0, "accept-failed", "nginx")
        assert event.text.startswith("accept")
