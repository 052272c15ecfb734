"""Resets right after an answer's data: whether they cut it, by what its headers say and by who reset."""

from __future__ import annotations

import pytest

from tests.sources.captures.making import ACK, FIN, RST
from tests.sources.captures.test_early_answers import Said
from why502.model.conversations import Outcome

ASKED = b"GET /api HTTP/1.1\r\nHost: a\r\n\r\n"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"
LAST_CHUNK = b"0\r\n\r\n"
BY_PROGRAM = RST | ACK
BY_KERNEL = RST
"""Of a segment that met no socket (`tcp_v4_send_reset`)."""


def reset_after(answer: bytes, flags: int) -> Said:
    talk = Said()
    talk.handshake()
    talk.say(1.0, True, ASKED)
    talk.say(1.01, False, answer)
    talk.send(1.02, True)
    talk.send(1.03, False, flags)
    return talk


@pytest.mark.parametrize(
    ("answer", "flags", "outcome"),
    [
        (SHORT, BY_PROGRAM, Outcome.ANSWERED),
        (SHORT, BY_KERNEL, Outcome.ANSWERED),
        (CHUNKED + LAST_CHUNK, BY_PROGRAM, Outcome.ANSWERED),
        (LONG, BY_PROGRAM, Outcome.ANSWER_CUT),
        (LONG, BY_KERNEL, Outcome.ANSWER_CUT),
        (CHUNKED, BY_KERNEL, Outcome.ANSWER_CUT),
    ],
)
def test_the_headers_tell_whether_the_answer_was_whole(answer: bytes, flags: int, outcome: Outcome) -> None:
    """`Content-Length` and the last chunk (RFC 9112, section 6.3)."""
    assert reset_after(answer, flags).only().outcome is outcome


@pytest.mark.parametrize(("flags", "outcome"), [(BY_PROGRAM, Outcome.ANSWER_CUT), (BY_KERNEL, Outcome.PARTIAL)])
def test_without_headers_only_a_programs_reset_cuts(flags: int, outcome: Outcome) -> None:
    """A reset without ACK says that a segment met no socket: perhaps the acknowledgement of a whole answer."""
    assert reset_after(b"\x00" * 200, flags).only().outcome is outcome


def test_the_length_of_an_earlier_answer_does_not_count() -> None:
    """What is known of the first answer says nothing of the second, whose headers cannot be read."""
    talk = Said()
    talk.handshake()
    talk.say(1.0, True, ASKED)
    talk.say(1.01, False, SHORT)
    talk.say(2.0, True, ASKED)
    talk.send(2.01, False, ACK, 1000)
    talk.send(2.02, False, BY_PROGRAM)
    assert talk.only().outcome is Outcome.ANSWER_CUT


def test_a_syn_ack_begins_anew_where_the_syn_is_missing() -> None:
    """Both had closed: what comes with another sequence number is the next connection of these ports."""
    old = Said()
    old.handshake().exchange(1.0)
    old.send(2.0, False, FIN | ACK)
    old.send(2.001, True, FIN | ACK)
    old.send(2.002, False)
    new = Said(isn=600_000, target_isn=900_000)
    new.handshake(3.0).exchange(3.1)
    old.packets += new.packets[1:]
    first, second = old.all()
    assert (first.outcome, first.packets) == (Outcome.ANSWERED, 9)
    assert (second.outcome, second.packets) == (Outcome.ANSWERED, 5)
