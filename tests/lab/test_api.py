"""The service of the lab, spoken to over loopback."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from why502.lab.servers.api import Api, arguments
from why502.lab.servers.misbehaviour import LARGE_FIELD_BYTES, MISBEHAVIOURS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

GET = b"GET /api/users HTTP/1.1\r\nHost: a\r\n\r\n"


HEALTH = b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n"
LIMIT_S = 60.0
SILENCE_S = 0.5


def _asked(*options: str, say: bytes = GET, until: bytes | None = None) -> bytes:
    """All that the service answers until it closes; or `until` these words end it, and the connection serves on."""
    return asyncio.run(_conversation(options, lambda reader, writer: _ask(reader, writer, say, until)))


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, say: bytes, until: bytes | None) -> bytes:
    writer.write(say)
    got = b""
    try:
        while chunk := await asyncio.wait_for(reader.read(65536), LIMIT_S):
            got += chunk
            if until and got.endswith(until):
                assert (await _ask(reader, writer, HEALTH, None)).startswith(b"HTTP/1.1 200")
                return got
    except ConnectionResetError:
        return got + b"RESET"
    return got + b"CLOSED"


async def _hears_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, say: bytes) -> bytes:
    writer.write(say)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), SILENCE_S)
    return b""


async def _conversation(
    options: tuple[str, ...], talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]
) -> bytes:
    parsed = arguments().parse_args(["--address", "-", "--work", "0", "--work-spread", "0", *options])
    api = Api(parsed, random.Random(1), asyncio.Semaphore(parsed.workers))
    server = await asyncio.start_server(api.converse, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), limit=1 << 20)
        try:
            return await talk(reader, writer)
        finally:
            writer.close()


def test_proper_answer_keeps_the_connection() -> None:
    """200 with exactly the length that it announces, and no close."""
    head, _, body = _asked(until=b"]}").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert f"Content-Length: {len(body)}".encode() in head


def test_some_answers_say_that_they_end_the_connection() -> None:
    """And then it is closed: no race for anybody who reads the header."""
    answer = _asked("--close-share", "1")
    assert b"Connection: close" in answer
    assert answer.endswith(b"CLOSED")


@pytest.mark.parametrize(
    ("kind", "begins", "ends", "stays"),
    [
        ("close", b"CLOSED", b"", False),
        ("reset", b"RESET", b"", False),
        ("nonsense", b"java.lang.", b"CLOSED", False),
        ("bad-header", b"HTTP/1.1 200", b"{}", True),
        ("large-headers", b"HTTP/1.1 200", b"{}", True),
        ("truncate", b"HTTP/1.1 200", b"xCLOSED", False),
        ("error", b"HTTP/1.1 503", b"}", True),
    ],
)
def test_each_misbehaviour_is_what_its_name_says(kind: str, begins: bytes, ends: bytes, *, stays: bool) -> None:
    """Seen from the other end of the connection."""
    answer = _asked("--misbehaviour", kind, "--share", "1", until=ends if stays else None)
    assert answer.startswith(begins)
    assert answer.endswith(ends)
    assert (len(answer) > LARGE_FIELD_BYTES) == (kind == "large-headers")


def test_no_misbehaviour_is_without_a_test() -> None:
    """The list above is whole."""
    assert set(MISBEHAVIOURS) == {"close", "reset", "nonsense", "bad-header", "large-headers", "truncate", "error"}


def test_idle_connection_is_closed_after_its_time() -> None:
    """Without a byte: what loses the keep-alive race."""
    assert _asked("--idle-timeout", "0.05", say=b"") == b"CLOSED"


def test_who_speaks_tls_to_a_plain_service_is_told_so_in_plain_text() -> None:
    """As nginx and Jetty do it; or, mute, the service waits for more."""
    hello = b"\x16\x03\x01\x02\x00\x01" + bytes(100)
    assert _asked(say=hello).startswith(b"HTTP/1.1 400")
    asyncio.run(_conversation(("--mute",), lambda reader, writer: _hears_nothing(reader, writer, hello)))


def test_connection_that_is_turned_away_is_reset_before_anything_is_read() -> None:
    """Even one for a health check: nobody knows yet what it is for."""
    assert _asked("--turn-away-share", "1", say=b"") == b"RESET"


def test_health_is_answered_whatever_happens_to_requests() -> None:
    """The fault is not one of health checks."""
    assert _asked("--misbehaviour", "close", "--share", "1", say=HEALTH).startswith(b"HTTP/1.1 200")
