from __future__ import annotations

from tests.making import conversation
from why502.facts.answers import last_answer_bytes, last_head_bytes
from why502.model.conversations import Outcome
from why502.model.details import ConversationDetail, End, Exchange, Packet


def test_the_only_answer_is_all_that_came() -> None:
    """One exchange: no packets are needed."""
    assert last_answer_bytes(conversation(1.0, Outcome.ANSWERED, exchanges=1, bytes_received=700)) == 700


def test_of_several_answers_the_packets_of_the_last_count_once() -> None:
    """What came before it, what the proxy sent and what was sent again are left out."""
    packets = (
        Packet(1, 1.0, End.TARGET, "ACK", 1000, seq=1),
        Packet(2, 5.0, End.PROXY, "ACK", 300, seq=9),
        Packet(3, 5.2, End.TARGET, "ACK", 1448, seq=1001),
        Packet(4, 5.3, End.TARGET, "ACK", 1448, seq=1001),
        Packet(5, 5.4, End.TARGET, "ACK", 52, seq=2449),
    )
    found = conversation(6.0, Outcome.ANSWERED, exchanges=2, answer_s=5.2, detail=ConversationDetail(packets=packets))
    assert last_answer_bytes(found) == 1500
    assert last_answer_bytes(conversation(6.0, Outcome.ANSWERED, exchanges=2)) is None


def test_heads_are_known_where_payload_was_captured() -> None:
    """Of the last exchange."""
    detail = ConversationDetail(exchanges=(Exchange("GET / HTTP/1.1", answer_head_bytes=90),))
    assert last_head_bytes(conversation(1.0, Outcome.ANSWERED, detail=detail)) == 90
    assert last_head_bytes(conversation(1.0, Outcome.ANSWERED)) is None
