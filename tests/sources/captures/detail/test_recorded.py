from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.sources.captures.detail.making import RECORDED, detail, recorded
from tests.sources.captures.making import conversations, read
from why502.model.conversations import Outcome
from why502.model.details import End, Protocol
from why502.sources.captures.containers import frames
from why502.sources.captures.frames import Frame

if TYPE_CHECKING:
    from why502.model.conversations import Conversation

EXPECTED = {
    "whole": (Outcome.ANSWERED, None),
    "whole_chunked": (Outcome.ANSWERED, None),
    "whole_until_close": (Outcome.ANSWERED, None),
    "whole_head": (Outcome.ANSWERED, None),
    "whole_odd": (Outcome.ANSWERED, None),
    "whole_continued": (Outcome.ANSWERED, None),
    "whole_then_reset": (Outcome.ANSWERED, "the answer was complete before the reset"),
    "truncated": (Outcome.TRUNCATED, "the body ended after 12 of 100 bytes"),
    "truncated_chunked": (Outcome.TRUNCATED, "the body ended after 8 bytes, without its last chunk"),
    "malformed": (Outcome.MALFORMED, "the answer is not HTTP"),
    "malformed_header": (Outcome.MALFORMED, "the answer is not HTTP"),
    "plain_to_tls_port": (Outcome.MALFORMED, "the target speaks TLS on this port"),
    "zero_window": (Outcome.RESET_BEFORE_ANSWER, None),
    "tls_served": (Outcome.ANSWERED, None),
    "tls12_served": (Outcome.ANSWERED, None),
    "tls_certificate_refused": (Outcome.TLS_FAILED, "the proxy broke off with alert unknown-ca"),
    "tls12_certificate_refused": (Outcome.TLS_FAILED, "the proxy broke off with alert unknown-ca"),
    "tls_client_certificate_wanted": (Outcome.TLS_FAILED, "the target broke off with an encrypted alert"),
    "tls_to_plain_port": (Outcome.TLS_FAILED, "answered by something that is not TLS"),
    "tls_closed": (Outcome.TLS_FAILED, "the target closed the connection in the middle of the TLS handshake"),
    "http2_goaway": (Outcome.GONE_AWAY, "GOAWAY NO_ERROR after stream 1, 1 stream begun beyond it"),
    "unreachable": (Outcome.UNREACHABLE, "10.9.1.2 says: host unreachable"),
    "large_with_icmp": (Outcome.ANSWERED, None),
    "mtu_black_hole": (Outcome.STALE, None),
}
"""Outcome, and what the reason says, by what the recording script did."""

ONE_END = {name for name in EXPECTED if not name.startswith("both_")}


def the(name: str) -> Conversation:
    (conversation,) = recorded(name)
    return conversation


@pytest.mark.parametrize("name", EXPECTED)
def test_outcome_and_reason_of_recorded_conversations(name: str) -> None:
    """Real stacks, real TLS libraries: the second look says what the script did, and why."""
    outcome, reason = EXPECTED[name]
    conversation = the(name)
    assert conversation.outcome is outcome
    assert (reason or "") in (detail(conversation).reason or "")
    assert (reason is None) == (detail(conversation).reason is None)


def test_every_recording_has_its_expectation() -> None:
    """No recording lies about unread."""
    assert {path.stem for path in RECORDED.glob("*.pcap") if not path.stem.startswith("both_")} == set(EXPECTED)


def test_no_secret_of_a_request_is_kept() -> None:
    """Every recorded request has a token in its query and in its cookie; neither is anywhere in the facts."""
    for path in RECORDED.glob("*.pcap"):
        told = msgspec.json.encode(recorded(path.stem))
        assert b"secret" not in told
        assert b"token=" not in told


def test_exchanges_have_their_lines_and_times() -> None:
    """Request line without query, status line, sizes, time to first byte."""
    (exchange,) = detail(the("truncated")).exchanges
    assert (exchange.request, exchange.answer) == ("GET /api/users HTTP/1.1", "HTTP/1.1 200 OK")
    assert (exchange.received_bytes, exchange.expected_bytes, exchange.complete) == (12, 100, False)
    assert exchange.answer_head_bytes == len(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    assert exchange.first_byte_s is not None
    assert 0 < exchange.first_byte_s < 0.1


def test_a_100_continue_is_no_answer() -> None:
    """The time to first byte counts to the answer that follows it."""
    (exchange,) = detail(the("whole_continued")).exchanges
    assert (exchange.status, exchange.complete) == (200, True)
    assert exchange.first_byte_s is not None
    assert exchange.first_byte_s > 0.09


def test_the_packet_that_decided_is_named() -> None:
    """Whoever opens Wireshark at that packet sees the FIN, the alert, the bytes that are no HTTP."""
    for name, flags, note in (
        ("truncated", "FIN", ""),
        ("malformed", "PSH", "not HTTP"),
        ("tls_certificate_refused", "PSH", "alert unknown-ca"),
        ("tls_to_plain_port", "PSH", "not TLS"),
        ("tls_closed", "FIN", ""),
        ("unreachable", "ICMP host unreachable", "from 10.9.1.2"),
    ):
        conversation = the(name)
        (packet,) = (p for p in detail(conversation).packets if p.number == conversation.decided_at.number)
        assert flags in packet.flags
        assert note in packet.note


def test_how_far_a_tls_handshake_came() -> None:
    """Who sent which alert, and whether there was a ServerHello."""
    refused, wanted, plain = (
        detail(the(name)).tls
        for name in ("tls12_certificate_refused", "tls_client_certificate_wanted", "tls_to_plain_port")
    )
    served = [detail(the(name)).tls for name in ("tls_served", "tls12_served")]
    assert refused is not None
    assert wanted is not None
    assert plain is not None
    assert (refused.server_hello, refused.alert, refused.alert_by) == (True, "unknown-ca", End.PROXY)
    assert (wanted.established, wanted.alert, wanted.alert_by) == (False, "encrypted", End.TARGET)
    assert (plain.server_hello, plain.plain_answer) == (False, True)
    assert all(tls is not None and tls.established and tls.alert is None for tls in served)


def test_a_path_mtu_black_hole_has_its_signature() -> None:
    """Full segments are sent again and again, the 72 bytes before them passed; no ICMP error came."""
    large = detail(the("mtu_black_hole")).path_mtu
    assert large is not None
    assert (large.sender, large.smallest_lost_bytes, large.largest_passed_bytes) == (End.PROXY, 1448, 72)
    assert large.repeats >= 3
    assert detail(the("mtu_black_hole")).icmp == ()


def test_a_router_that_says_what_fits_is_heard() -> None:
    """Fragmentation needed, tied to its connection by the quoted header; the request gets through, and it is noted."""
    conversation = the("large_with_icmp")
    error = detail(conversation).icmp[0]
    assert (error.name, error.sender, error.mtu_bytes, error.about) == (
        "fragmentation needed", "10.9.1.2", 1200, End.PROXY,
    )  # fmt: skip
    assert detail(conversation).path_mtu is None
    assert conversation.notable


def test_http2_streams_beyond_a_goaway_are_counted() -> None:
    """GOAWAY 1 crossed stream 3, which the target refused."""
    http2 = detail(the("http2_goaway")).http2
    assert http2 is not None
    assert (http2.streams, http2.last_stream, http2.streams_past_goaway) == (2, 1, 1)
    assert (http2.goaway, http2.resets, http2.reset_error) == ("NO_ERROR", 1, "REFUSED_STREAM")


def test_a_target_that_does_not_read_closes_its_window() -> None:
    """Counted each time that it closes, not with each probe."""
    assert detail(the("zero_window")).zero_windows_by_target >= 1
    assert detail(the("whole")).zero_windows_by_target == 0


def snapped(name: str, snap_bytes: int) -> bytes:
    content = (RECORDED / f"{name}.pcap").read_bytes()
    parts = [content[:24]]
    for frame in frames(io.BytesIO(content)):
        assert isinstance(frame, Frame)
        data, second = frame.data[:snap_bytes], int(frame.at_s)
        fraction = round((frame.at_s - second) * 1e9)
        parts.append(struct.pack("<IIII", second, fraction, len(data), frame.wire_bytes) + data)
    return b"".join(parts)


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.startswith("whole") or name.endswith("_served")])
def test_a_short_snap_length_never_makes_a_failure(name: str) -> None:
    """Headers-only captures, as `collect` makes them: less is known, and nothing wrong is claimed."""
    for snap_bytes in range(54, 180, 7):
        (conversation,) = conversations(read(snapped(name, snap_bytes)))
        assert not conversation.failed or name == "whole_then_reset", snap_bytes


def test_lines_are_read_as_far_as_they_were_captured() -> None:
    """96 bytes of each packet hold the begin of the request line, and the status line."""
    (conversation,) = conversations(read(snapped("truncated", 96)))
    (exchange,) = detail(conversation).exchanges
    assert detail(conversation).protocol is Protocol.HTTP1
    assert exchange.request is not None
    assert exchange.request.startswith("GET /api")
    assert exchange.status == 200
