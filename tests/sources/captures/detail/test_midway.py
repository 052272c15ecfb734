"""Answers that the proxy left before they were whole."""

from __future__ import annotations

import pytest

from tests.sources.captures.making import ACK, FIN, PSH, RST, Talk, conversations, pcap, read
from tests.sources.captures.test_statuses import ASK, say

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


def silence_s(talk: Talk) -> float | None:
    (conversation,) = conversations(read(pcap(talk.packets)))
    return conversation.detail.silent_midway_s if conversation.detail else None


def begun(payload: bool, body: int = 500) -> Talk:
    """A request at 1 s, and the beginning of its answer at 1.01 s."""
    talk = Talk().handshake(0.5)
    if payload:
        say(talk, 1.0, True, ASK)
        say(talk, 1.01, False, ANSWER + bytes(body))
    else:
        talk.send(1.0, True, PSH | ACK, 100)
        talk.send(1.01, False, PSH | ACK, 500)
    return talk


def left(talk: Talk) -> Talk:
    talk.send(3.01, True, FIN | ACK)
    talk.send(3.011, False)
    return talk


def later(talk: Talk, payload: int) -> Talk:
    """The target goes on, and what it sends meets a reset."""
    talk.send(4.0, False, PSH | ACK, payload)
    talk.send(4.001, True, RST)
    return talk


def test_what_comes_after_the_proxy_left_was_missing_when_it_did() -> None:
    """The headers of TCP tell so."""
    assert silence_s(later(left(begun(payload=False)), 500)) == pytest.approx(2.0)


def test_without_it_a_pooled_connection_may_have_been_closed() -> None:
    """Nothing tells whether the answer was whole."""
    assert silence_s(left(begun(payload=False))) is None


def test_a_farewell_is_no_answer() -> None:
    """TLS close_notify to a proxy that closed."""
    assert silence_s(later(left(begun(payload=False)), 31)) is None


@pytest.mark.parametrize(("body", "told"), [(500, True), (1000, False)])
def test_what_was_announced_tells_as_well(body: int, told: bool) -> None:
    found = silence_s(left(begun(payload=True, body=body)))
    assert found == (pytest.approx(2.0) if told else None)


def test_a_target_that_leaves_first_is_another_matter() -> None:
    talk = begun(payload=True)
    talk.send(1.5, False, FIN | ACK)
    talk.send(1.501, True, FIN | ACK)
    assert silence_s(talk) is None
