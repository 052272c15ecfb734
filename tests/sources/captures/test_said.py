from __future__ import annotations

import pytest

from why502.sources.captures.kernels import said

_FRAME = bytes.fromhex("000000 04 00 00000000")
_GOAWAY = bytes.fromhex("000008 07 00 00000000 00000001 00000000")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"GET / HTTP/1.1\r\n", said.REQUEST),
        (b"VERSION-CONTROL / HTTP/1.1\r\n", said.REQUEST),
        (b"M-SEARCH * HTTP/1.1\r\n", said.REQUEST),
        (b"---- boundary\r\n", said.OTHER),
        (b"HEAD / HTTP/1.1\r\n", said.HEAD_REQUEST),
        (b"HEADERS of nothing", said.REQUEST),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", said.PREFACE),
        (b"\x16\x03\x01\x00\x50\x01", said.TLS),
        (b"\x15\x03\x03\x00\x02\x02\x30", said.TLS_ALERT),
        (b"\x15\x03\x03\x00\x02\x01\x00", said.TLS),
        (b"HTTP/1.1 200 OK\r\n", said.ANSWER),
        (b"HTTP-like", said.OTHER),
        (_FRAME + _GOAWAY, said.GOAWAY),
        (_FRAME, said.OTHER),
        (b"HTTP", said.NOTHING),
        (b"", said.NOTHING),
    ],
)
def test_what_a_payload_begins_with(payload: bytes, expected: int) -> None:
    """By its first bytes alone; a close_notify is no alert that breaks off."""
    assert said.what(payload, 0, len(payload)) == expected


@pytest.mark.parametrize(
    ("head", "kind", "total"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", said.ANSWER, 40 + 100),
        (b"HTTP/1.1 200 OK\ncontent-length:7\n\n", said.ANSWER, 34 + 7),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", said.ANSWER, said.CHUNKED),
        (b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n", said.ANSWER, 38),
        (b"HTTP/1.1 100 Continue\r\n\r\n", said.ANSWER, 0),
        (b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", said.ANSWER, 0),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", said.ANSWER, 0),
        (b"HTTP/1.1 200 OK\r\nServer: x\r\n folded\r\n\r\n", said.ANSWER, 0),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", said.ODD_ANSWER, 57 + 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", said.ODD_ANSWER, said.CHUNKED),
        (b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", said.ODD_ANSWER, 0),
        (b"HTTP/1.1 200 OK\r\n: none\r\n\r\n", said.ODD_ANSWER, 0),
        (b"HTTP/1.1 2x0 OK\r\n\r\n", said.ODD_ANSWER, 0),
        (b"HTTP/1.1 200 OK\r\nCookie: 1\r\n", said.LONG_ANSWER, 0),
        (b"HTTP/1.1", said.LONG_ANSWER, 0),
    ],
)
def test_what_an_answer_announces(head: bytes, kind: int, total: int) -> None:
    """Its whole length, that it comes in chunks, or nothing; and whether its lines are headers."""
    assert said.answer(head, 0, len(head)) == (kind, total)


def test_nothing_is_read_beyond_what_was_captured() -> None:
    """The buffer goes on, the packet does not."""
    buffer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    assert said.answer(buffer, 0, 20) == (said.LONG_ANSWER, 0)
    assert said.tail(b"0\r\n\r\n", 0, 5, 4) == 0
    assert said.tail(b"0\r\n\r\n", 0, 5, 5) == said.ENDED
    assert said.tail(b"00\r\n.", 0, 5, 5) == said.UNENDED
