"""Answers that come before the request is whole (RFC 9112, section 9.6): what follows of its body is no request."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.captures.making import ACK, FIN, PSH, RST, Talk, conversations, pcap, read
from why502.model.conversations import Conversation, Outcome

ASKED = b"POST /api/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\n"
BODY = b"x" * 3000
FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
RECORDED = Path(__file__).parent / "early"
"""By `detail.recording_early`."""
NEXT = b"POST /api/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"


class Said(Talk):
    """A conversation whose payload says something."""

    def say(self, at_s: float, from_proxy: bool, payload: bytes, *, arrives: bool = True) -> None:
        self.send(at_s, from_proxy, PSH | ACK, len(payload), arrives=arrives)
        sent_s, frame = self.packets[-1]
        self.packets[-1] = (sent_s, frame[: -len(payload)] + payload)


def answered_early(answer: bytes = FOUND) -> Said:
    talk = Said()
    talk.handshake()
    talk.say(1.0, True, ASKED + BODY)
    talk.say(1.02, False, answer)
    return talk


def whole(talk: Said) -> Conversation:
    """Its target takes all, and ends the connection; then the proxy does."""
    talk.send(1.05, False, FIN | ACK)
    talk.send(1.06, True, FIN | ACK)
    return talk.only()


@pytest.mark.parametrize("body", [BODY, b"POST me to " + BODY[11:]])
def test_the_rest_of_a_body_is_no_request(body: bytes) -> None:
    """The proxy goes on sending after the answer; the second look decides where the body reads like a request."""
    talk = answered_early()
    talk.say(1.021, True, body)
    conversation = whole(talk)
    assert conversation.outcome is Outcome.ANSWERED
    assert conversation.detail is not None
    assert [(e.request, e.status) for e in conversation.detail.exchanges] == [("POST /api/orders HTTP/1.1", 404)]


def test_it_is_one_exchange_with_the_times_of_its_beginning() -> None:
    """Neither the request nor the answer moves to where the rest of the body came."""
    talk = answered_early()
    talk.say(1.021, True, BODY)
    conversation = whole(talk)
    assert (conversation.exchanges, conversation.request_s, conversation.answer_s) == (1, 1.0, 1.02)


def test_it_may_come_after_the_fin() -> None:
    """The target closes its side at once, and drains what still comes."""
    talk = answered_early()
    talk.send(1.0201, False, FIN | ACK)
    talk.say(1.021, True, BODY)
    talk.send(1.022, True, FIN | ACK)
    talk.send(1.023, False, ACK)
    assert talk.only().outcome is Outcome.ANSWERED


@pytest.mark.parametrize("ask", [NEXT, NEXT.replace(b"POST", b"M-SEARCH")])
def test_a_new_request_after_the_rest_of_the_body_can_fail(ask: bytes) -> None:
    """Taken, and closed without an answer."""
    talk = answered_early()
    talk.say(1.021, True, BODY)
    talk.say(1.03, True, ask)
    talk.send(1.04, False, ACK)
    conversation = whole(talk)
    assert conversation.outcome is Outcome.CLOSED_BEFORE_ANSWER


def test_a_new_request_right_after_an_answer_can_fail() -> None:
    """The answered request was whole: nothing of it is left to send."""
    talk = Said()
    talk.handshake()
    talk.say(1.0, True, NEXT)
    talk.say(1.02, False, FOUND)
    talk.say(1.0201, True, ASKED + BODY)
    talk.send(1.03, False, ACK)
    assert whole(talk).outcome is Outcome.CLOSED_BEFORE_ANSWER


def test_to_go_on_is_no_answer() -> None:
    """100 Continue asks for the body: what is closed after it was never answered."""
    talk = answered_early(GO_ON)
    talk.say(1.021, True, BODY)
    assert whole(talk).outcome is Outcome.CLOSED_BEFORE_ANSWER


def test_a_reset_while_the_proxy_still_sends_stays_a_failure() -> None:
    """It can cost the proxy the answer; nothing in a capture tells whether it read it before."""
    talk = answered_early()
    talk.say(1.021, True, BODY)
    talk.send(1.022, False, RST | ACK)
    assert talk.only().outcome is Outcome.RESET_BEFORE_ANSWER


def headers_only(rest_bytes: int, rest_s: float, fin_s: float, *, fin_knows: bool = False) -> Conversation:
    """An exchange at 1.0 s (its answer at 1.001 s), something more from the proxy, a FIN; only TCP is readable."""
    talk = Talk().handshake().exchange(1.0, request=2000)
    talk.send(rest_s, True, PSH | ACK, rest_bytes, arrives=fin_knows)
    talk.send(fin_s, False, FIN | ACK)
    talk.seen[False] = talk.seq[True]
    talk.send(fin_s + 0.001, False, ACK)
    talk.send(fin_s + 0.002, True, FIN | ACK)
    (conversation,) = conversations(read(pcap(talk.packets)))
    return conversation


@pytest.mark.parametrize(("fin_s", "fin_knows"), [(1.004, False), (1.004, True), (1.2, True)])
def test_headers_of_tcp_cannot_tell_the_rest_of_a_body_from_a_request(fin_s: float, fin_knows: bool) -> None:
    """It goes on in one breath with the answer; the target closes at once (Apache, Node.js; Go's FIN knows some of it
    already), or when it has taken all (nginx). Nothing is claimed.
    """
    assert headers_only(3000, 1.0021, fin_s, fin_knows=fin_knows).outcome is Outcome.PARTIAL


@pytest.mark.parametrize(("rest_bytes", "rest_s", "fin_s"), [(3000, 3.0, 3.002), (300, 1.0021, 1.004)])
def test_what_only_resembles_it_stays_a_failure(rest_bytes: int, rest_s: float, fin_s: float) -> None:
    """A pause before the request and the FIN, a request as small as a head."""
    assert headers_only(rest_bytes, rest_s, fin_s).outcome is Outcome.CLOSED_BEFORE_ANSWER


def recorded(name: str) -> Conversation:
    """The upload; the probes before it sent nothing."""
    found = conversations(read((RECORDED / f"{name}.pcap").read_bytes()))
    return next(c for c in found if c.bytes_sent)


@pytest.mark.parametrize("name", ["nginx_burst", "nginx_slow", "apache_burst", "apache_slow"])
def test_real_servers_that_refuse_an_upload_have_answered(name: str) -> None:
    """nginx takes the rest and closes then, Apache closes with the answer, which tells no length."""
    conversation = recorded(name)
    assert conversation.outcome is Outcome.ANSWERED
    assert conversation.detail is not None
    assert [exchange.status for exchange in conversation.detail.exchanges][1:] == [413]


@pytest.mark.parametrize("name", ["node_burst", "node_slow"])
def test_a_real_server_that_resets_the_rest_can_have_cost_the_answer(name: str) -> None:
    """Node.js closes without reading, and its kernel resets what still comes."""
    conversation = recorded(name)
    assert conversation.outcome is Outcome.CLOSED_BEFORE_ANSWER
    assert conversation.detail is not None
    assert conversation.detail.reason is not None
    assert "before the request was whole" in conversation.detail.reason


@pytest.mark.parametrize("name", ["nginx_burst", "apache_burst", "apache_slow", "node_burst", "node_slow"])
def test_nothing_is_claimed_of_real_ones_without_payload(name: str) -> None:
    """Neither a race nor a request that was closed: all that is seen are sizes and times."""
    assert recorded(f"{name}_headers").outcome is Outcome.PARTIAL


def test_a_slow_body_that_is_taken_to_its_end_looks_like_a_request_of_its_own() -> None:
    """The limit of headers alone: 26 ms after the answer comes a large request, and it is closed without an answer."""
    assert recorded("nginx_slow_headers").outcome is Outcome.CLOSED_BEFORE_ANSWER


def closed_and_reset(rest_s: float, fin_s: float, reset_s: float) -> Conversation:
    """As `headers_only`, without a packet that acknowledges the rest; the target's kernel answers that with RST."""
    talk = Talk().handshake().exchange(1.0, request=2000)
    said = [(rest_s, True, PSH | ACK, 3800), (fin_s, False, FIN | ACK, 0), (reset_s, False, RST, 0)]
    for at_s, from_proxy, flags, payload in sorted(said):
        talk.send(at_s, from_proxy, flags, payload, arrives=False)
    (conversation,) = conversations(read(pcap(talk.packets)))
    return conversation


@pytest.mark.parametrize(("rest_s", "fin_s"), [(1.0012, 1.003), (1.0094, 1.005)])
def test_a_reset_that_only_answers_the_rest_changes_nothing(rest_s: float, fin_s: float) -> None:
    """As Jetty does: its 404, a FIN in the same breath, a RST to what still comes. The proxy had its answer by then.

    A piece of the body may take longer, if the FIN had come before: no pool begins a request after that.
    """
    assert closed_and_reset(rest_s, fin_s, 1.03).outcome is Outcome.PARTIAL


def test_a_reset_instead_of_a_fin_stays_a_failure() -> None:
    """It may have cost the proxy the answer."""
    assert closed_and_reset(1.0012, 1.03, 1.003).failed


def test_a_fin_long_after_the_answer_is_an_idle_timeout() -> None:
    """The next request then meets it: a race."""
    assert closed_and_reset(6.002, 6.001, 6.003).outcome is Outcome.RACED
