from __future__ import annotations

import pytest

from tests.making import conversation
from why502.facts.recording import doubted, lossy
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, Outcome
from why502.model.details import ConversationDetail, Exchange

CUT = ConversationDetail(exchanges=(Exchange("GET / HTTP/1.1", expected_bytes=100, complete=False),))


def recorded(gaps: int, packets: int = 20) -> Conversation:
    """Looked at twice; so many runs of its bytes are missing."""
    detail = ConversationDetail(gaps=gaps)
    return conversation(10.0, Outcome.CLOSED_BEFORE_ANSWER, packets=packets, packets_received=8, detail=detail)


def test_several_conversations_with_gaps_tell_of_a_recorder_that_lost_packets() -> None:
    """One may have been cut by hand, and few in very many packets are no reason to doubt the rest."""
    assert lossy([recorded(1), recorded(2), recorded(0)])
    assert not lossy([recorded(3), recorded(0)])
    assert not lossy([recorded(1), recorded(1), recorded(0, packets=10_000)])
    assert not lossy([])


@pytest.mark.parametrize(
    ("outcome", "fields", "left"),
    [
        (Outcome.SYN_UNANSWERED, {"syn_s": (1.0,)}, Outcome.PARTIAL),
        (Outcome.SYN_UNANSWERED, {"syn_s": (1.0, 2.0)}, Outcome.SYN_UNANSWERED),
        (Outcome.REFUSED, {"reset_bare": True}, Outcome.PARTIAL),
        (Outcome.REFUSED, {"reset_bare": False}, Outcome.REFUSED),
        (Outcome.STALE, {"retransmissions_sent": 0}, Outcome.PARTIAL),
        (Outcome.STALE, {"retransmissions_sent": 3}, Outcome.STALE),
        (Outcome.NEVER_ACKNOWLEDGED, {"retransmissions_sent": 1}, Outcome.PARTIAL),
        (Outcome.RESET_UNACKNOWLEDGED, {"established_s": 9.98}, Outcome.RESET_UNACKNOWLEDGED),
        (Outcome.RESET_UNACKNOWLEDGED, {"established_s": 5.0}, Outcome.PARTIAL),
        (Outcome.RESET_UNACKNOWLEDGED, {"exchanges": 2}, Outcome.PARTIAL),
        (Outcome.ANSWER_CUT, {}, Outcome.PARTIAL),
        (Outcome.ANSWER_CUT, {"detail": CUT}, Outcome.ANSWER_CUT),
        (Outcome.CLOSED_BEFORE_ANSWER, {"detail": ConversationDetail(gaps=1)}, Outcome.PARTIAL),
        (Outcome.RESET_BEFORE_ANSWER, {"detail": ConversationDetail(gaps=1)}, Outcome.PARTIAL),
        (Outcome.RESET_BEFORE_ANSWER, {"detail": ConversationDetail()}, Outcome.RESET_BEFORE_ANSWER),
        (Outcome.RACED, {}, Outcome.RACED),
    ],
)
def test_one_missing_packet_must_not_decide(outcome: Outcome, fields: dict[str, object], left: Outcome) -> None:
    """What was repeated without an answer stands; so does what the packets that are there prove."""
    assert doubted(conversation(10.0, outcome, **fields)).outcome is left


def test_only_a_capture_that_lacks_packets_is_doubted() -> None:
    """A SYN that was sent once is a failure in a whole capture."""
    once = conversation(10.0, Outcome.SYN_UNANSWERED, syn_s=(1.0,))
    whole, holed = summarise([once, recorded(0)]), summarise([once, recorded(2), recorded(2)])
    assert (whole.lossy, whole.targets[0].outcomes.get(Outcome.SYN_UNANSWERED)) == (False, 1)
    assert (holed.lossy, holed.targets[0].outcomes.get(Outcome.SYN_UNANSWERED)) == (True, None)
