from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.captures.detail.making import part, piece
from why502.model.details import End
from why502.sources.captures.detail import http1, http1_messages
from why502.sources.captures.detail.http1 import Http1Dissector
from why502.sources.captures.detail.http1_messages import speaks_http1
from why502.sources.captures.detail.http2 import PREFACE, Http2Dissector
from why502.sources.captures.detail.records import Record, Records
from why502.sources.captures.detail.streams import Part
from why502.sources.captures.detail.tls import TlsDissector, speaks_tls

if TYPE_CHECKING:
    from why502.sources.captures.detail.watching import Dissector

ENDS = st.sampled_from(list(End))
PARTS = st.lists(st.tuples(ENDS, st.binary(max_size=200), st.sampled_from([0, 0, 1, 1448, 1 << 31])), max_size=12)
BEGINNINGS = (b"GET / HTTP/1.1\r\n", PREFACE, b"\x16\x03\x01\x00\x30\x01\x00\x00", b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("kind", [Http1Dissector, Http2Dissector, TlsDissector])
@settings(max_examples=150, deadline=None)
@given(parts=PARTS, begin=st.sampled_from(BEGINNINGS))
def test_no_payload_can_break_a_dissector(
    kind: type[Dissector], parts: list[tuple[End, bytes, int]], begin: bytes
) -> None:
    """Any bytes, in any order and with any holes, end in facts."""
    dissector = kind()
    dissector.feed(part(begin))
    for sender, data, missing in parts:
        assert len(dissector.feed(part(data, sender, missing))) < 20_000
    assert dissector.told is not None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=8), st.lists(st.integers(1, 300), max_size=9))
def test_records_do_not_depend_on_segments(bodies: list[bytes], cuts: list[int]) -> None:
    """However the stream is cut, the same records come out of it."""
    stream = b"".join(bytes([len(body)]) + body for body in bodies)
    edges = [0, *sorted({cut for cut in cuts if cut < len(stream)}), len(stream)]
    records = Records(1, lambda head: head[0])
    found = [record for low, high in pairwise(edges) for record in records.feed(stream[low:high])]
    assert found == [Record(bytes([len(body)]), len(body), body[:8]) for body in bodies]


def test_a_record_whose_body_was_not_captured_is_still_one() -> None:
    """And the one after it is found; a missing head ends it."""
    records = Records(1, lambda head: head[0])
    assert [r.body_bytes for r in records.feed(b"\x64ab", 98)] == [100]
    assert [r.body for r in records.feed(b"\x02xy")] == [b"xy"]
    assert list(records.feed(b"\x05", 9)) != []
    assert records.lost


def exchanged(*messages: tuple[End, bytes]) -> Http1Dissector:
    dissector = Http1Dissector()
    for sender, data in messages:
        dissector.feed(part(data, sender))
    return dissector


ASK = (End.PROXY, b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n")


def test_pipelined_answers_belong_to_their_requests() -> None:
    """In the order of the requests, as RFC 9112 9.3.2 has it."""
    second = (End.PROXY, b"GET /second HTTP/1.1\r\n\r\n")
    both = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    told = exchanged(ASK, second, (End.TARGET, both)).told
    assert [(e.request, e.status) for e in told] == [("GET /a HTTP/1.1", 200), ("GET /second HTTP/1.1", 404)]


def test_a_body_that_was_not_captured_counts_as_received() -> None:
    """Content-Length is met by bytes that are known to have been there."""
    dissector = exchanged(ASK)
    dissector.feed(part(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nab", End.TARGET, 4990))
    assert dissector.told[0].complete is False
    assert dissector.told[0].received_bytes == 4992
    dissector.feed(part(b"x" * 8, End.TARGET))
    assert dissector.told[0].complete is True


def test_where_a_head_is_missing_nothing_is_claimed() -> None:
    """Neither complete nor cut short; the next exchange is read again."""
    dissector = exchanged(ASK)
    dissector.feed(part(b"HTTP/1.1 200 OK\r\nConte", End.TARGET, 500))
    assert dissector.told[0].complete is None
    assert dissector.answers.broken is None
    dissector.feed(part(ASK[1]))
    dissector.feed(part(b"HTTP/1.1 204 No Content\r\n\r\n", End.TARGET))
    assert (dissector.told[1].status, dissector.told[1].complete) == (204, True)


def test_only_the_last_exchanges_are_kept() -> None:
    """Of a connection that served a million requests the end matters."""
    dissector = Http1Dissector()
    for index in range(50):
        dissector.feed(part(b"GET /%d HTTP/1.1\r\n\r\n" % index))
        dissector.feed(part(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", End.TARGET))
    assert len(dissector.told) == http1.MAX_EXCHANGES
    assert dissector.told[-1].request == "GET /49 HTTP/1.1"


def test_exchanges_with_5xx_are_kept_beside_the_last_ones() -> None:
    """As many again, the earliest, in their order; what comes last stands last."""
    dissector = Http1Dissector()
    for index in range(50):
        dissector.feed(part(b"GET /%d HTTP/1.1\r\n\r\n" % index))
        status = 503 if index % 4 == 1 else 200
        dissector.feed(part(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status, End.TARGET))
    earlier, last = dissector.told[:-8], dissector.told[-8:]
    assert [(e.request, e.status) for e in earlier] == [(f"GET /{n} HTTP/1.1", 503) for n in range(1, 32, 4)]
    assert [e.request for e in last] == [f"GET /{n} HTTP/1.1" for n in range(42, 50)]


def test_a_head_without_end_is_given_up() -> None:
    """A stranger's gigabyte of headers takes bounded time and memory."""
    dissector = exchanged(ASK, (End.TARGET, b"HTTP/1.1 200 OK\r\n"))
    for _ in range(20):
        dissector.feed(part(b"x: y\r\n" * 20_000, End.TARGET))
    assert dissector.answers.lost
    assert dissector.told[0].answer_head_bytes is not None
    assert dissector.told[0].answer_head_bytes < 2 * http1_messages.MAX_HEAD_BYTES


@pytest.mark.parametrize(("missing_bytes", "head_bytes"), [(0, 134), (9000, None)])
def test_a_head_that_the_capture_cut_has_no_size(missing_bytes: int, head_bytes: int | None) -> None:
    """With a snapshot length its beginning tells nothing of its end; one that the proxy left may be larger still."""
    dissector = exchanged(ASK)
    dissector.feed(part(b"HTTP/1.1 200 OK\r\nSet-Cookie: ".ljust(134, b"x"), End.TARGET, missing_bytes))
    assert dissector.told[0].answer_head_bytes == head_bytes


def test_an_upgraded_connection_is_left_alone() -> None:
    """After 101 it is no HTTP any more, and that is no failure."""
    ask = (End.PROXY, b"GET /chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    accept = (
        End.TARGET,
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
    )
    dissector = exchanged(ask, accept, (End.TARGET, b"\x81\x03abc"))
    assert dissector.answers.broken is None
    assert dissector.told[0].status == 101


@pytest.mark.parametrize(
    ("begin", "http", "tls"),
    [
        (b"GET / HTTP/1.1", True, False),
        (b"M-SEARCH * HTTP/1.1", True, False),
        (b"\x16\x03\x01\x02\x00\x01", False, True),
        (b"EHLO", False, False),
        (b"\x00\x00\x00", False, False),
        (b"", False, False),
    ],
)
def test_protocols_are_told_by_their_first_bytes(begin: bytes, http: bool, tls: bool) -> None:
    """And what is none of them is left alone."""
    assert (speaks_http1(begin), speaks_tls(begin)) == (http, tls)


def test_a_graceful_http2_shutdown_is_counted_from_its_last_word() -> None:
    """First GOAWAY 2^31-1, then the real number (RFC 9113, 6.8)."""
    dissector = Http2Dissector()
    goaway = b"\0\0\x08\x07\0\0\0\0\0"
    dissector.feed(part(PREFACE + b"\0\0\x01\x01\x05\0\0\0\x01\x82"))
    dissector.feed(part(goaway + (0x7FFFFFFF).to_bytes(4, "big") + bytes(4), End.TARGET))
    assert dissector.told.streams_past_goaway == 0
    dissector.feed(part(b"\0\0\x01\x01\x05\0\0\0\x03\x82"))
    dissector.feed(part(goaway + (1).to_bytes(4, "big") + bytes(4), End.TARGET))
    assert (dissector.told.last_stream, dissector.told.streams_past_goaway) == (1, 1)


def test_a_tls_close_notify_is_no_alert() -> None:
    """A farewell in clear, as some send before the handshake is done, breaks nothing off."""
    dissector = TlsDissector()
    assert dissector.feed(part(b"\x16\x03\x01\x00\x04\x01\0\0\0")) == "ClientHello"
    assert dissector.feed(part(b"\x15\x03\x01\x00\x02\x01\x00", End.TARGET)) == "close_notify"
    assert dissector.told.alert is None


def test_a_handshake_that_was_not_captured_whole_is_not_called_broken() -> None:
    """With a short snap length the record that would tell is not there."""
    dissector = TlsDissector()
    dissector.feed(part(b"\x16\x03\x01\x00\x04\x01\0\0\0"))
    dissector.feed(part(b"\x16\x03\x03\x00\x5a\x02\0\0\x56", End.TARGET, 1400))
    assert dissector.told.established is None
    assert dissector.told.server_hello


SHAKEN = (
    (End.PROXY, b"\x16\x03\x01\x00\x04\x01\0\0\0"),
    (End.TARGET, b"\x16\x03\x03\x00\x04\x02\0\0\0" + b"\x17\x03\x03\x00\x40" + bytes(64)),
    (End.PROXY, b"\x17\x03\x03\x00\x35" + bytes(53)),
)
"""A handshake of TLS 1.3, up to the proxy's Finished."""


@pytest.mark.parametrize(
    ("sent", "leave"),
    [
        ([(End.PROXY, 19)], True),
        ([(End.PROXY, 80), (End.TARGET, 300), (End.PROXY, 19)], True),
        ([(End.PROXY, 80)], False),
        ([(End.PROXY, 80), (End.PROXY, 19)], False),
        ([(End.PROXY, 80), (End.TARGET, 300), (End.PROXY, 19), (End.PROXY, 80)], False),
    ],
)
def test_a_last_record_as_short_as_an_alert_is_no_request(sent: list[tuple[End, int]], leave: bool) -> None:
    """The record of two bytes stands alone in its turn; behind others it may be the end of a chunked body."""
    dissector = TlsDissector()
    for sender, data in SHAKEN:
        dissector.feed(part(data, sender))
    for sender, length in sent:
        dissector.feed(part(b"\x17\x03\x03" + length.to_bytes(2, "big") + bytes(length), sender))
    assert dissector.proxy_took_leave is leave


@pytest.mark.parametrize(
    ("data", "missing", "alert"),
    [
        (b"\x15\x03\x03\x00\x02\x02\x28", 0, "handshake-failure"),
        (b"\x15\x03\x03\x00\x02\x01\x00", 0, None),
        (b"\x15\x03\x03\x00\x02\x02\x28", 90, None),
        (b"\x15\x03\x03\x00\x02\x07\x28", 0, None),
    ],
)
def test_an_alert_is_told_behind_records_that_were_cut(data: bytes, missing: int, alert: str | None) -> None:
    """Only a segment that is an alert and nothing else begins a record for certain."""
    dissector = TlsDissector()
    dissector.feed(part(b"\x16\x03\x01\x00\x04\x01\0\0\0"))
    dissector.feed(part(b"\x16\x03\x03\x00\x5a\x02\0\0\x56", End.TARGET, 1400))
    dissector.feed(Part(piece(End.TARGET, payload=data, payload_bytes=len(data) + missing), data, missing))
    assert dissector.told.alert == alert
