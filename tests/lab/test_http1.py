from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.lab.http1 import Head, MalformedError, copy_body, read_head


class Sink:
    """As much of a StreamWriter as a body needs."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    async def drain(self) -> None:
        await asyncio.sleep(0)


def _reader(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=64 * 1024)
    reader.feed_data(data)
    reader.feed_eof()
    return reader


async def _head(data: bytes) -> Head:
    return await read_head(_reader(data))


async def _body(head: bytes, body: bytes) -> bytes:
    sink = Sink()
    await copy_body(_reader(body), sink, await _head(head))
    return sink.written


@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda b: b"HTTP/1.1 200 OK\r\n" + b + b"\r\n\r\n"))
def test_any_bytes_are_a_head_or_refused(data: bytes) -> None:
    """No other error, whatever a target sends."""
    try:
        head = asyncio.run(_head(data))
        assert head.size_bytes <= len(data)
        _ = head.status
    except (EOFError, MalformedError):
        pass


@given(st.binary(max_size=200))
def test_any_bytes_are_a_chunked_body_or_refused(data: bytes) -> None:
    """What is passed on is what came."""
    try:
        written = asyncio.run(_body(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", data))
    except (EOFError, MalformedError):
        return
    assert data.startswith(written)


@pytest.mark.parametrize(
    ("field", "body"),
    [("Content-Length: 5", b"hello"), ("Transfer-Encoding: chunked", b"5;x=1\r\nhello\r\n0\r\n\r\n"), ("A: b", b"")],
)
def test_body_is_passed_on_as_it_is(field: str, body: bytes) -> None:
    """By length, by chunks, or none; nothing beyond its end."""
    head = f"POST / HTTP/1.1\r\n{field}\r\n\r\n".encode()
    assert asyncio.run(_body(head, body)) == body


def test_fields_can_be_set_anew() -> None:
    """The hop's own fields are replaced, whatever their case; the others stay."""
    head = Head("GET / HTTP/1.1", (("CONNECTION", "close"), ("Host", "a")), 0)
    assert head.encode(connection="keep-alive") == b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "bounded"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", True),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", False),
    ],
)
def test_an_answer_is_bounded_or_lasts_as_long_as_its_connection(answer: bytes, *, bounded: bool) -> None:
    """Only of a bounded one can be said that it ended too early."""
    assert asyncio.run(_head(answer)).bounded is bounded
