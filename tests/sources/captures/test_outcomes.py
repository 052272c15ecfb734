from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sources.captures.making import ACK, FIN, PSH, RECORDED, RST, SYN, Talk, conversations, read
from why502.model.conversations import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from why502.model.conversations import Conversation

RECORDINGS = {
    "answered": {Outcome.ANSWERED},
    "answered_ipv6": {Outcome.ANSWERED},
    "unused": {Outcome.UNUSED},
    "refused": {Outcome.REFUSED},
    "syn_unanswered": {Outcome.SYN_UNANSWERED},
    "syn_dropped_then_served": {Outcome.ANSWERED, Outcome.UNUSED},
    "final_ack_dropped_never_served": {Outcome.NEVER_ACKNOWLEDGED, Outcome.UNUSED},
    "final_ack_dropped_then_served": {Outcome.ANSWERED, Outcome.UNUSED},
    "reset_to_final_ack": {Outcome.RESET_UNACKNOWLEDGED, Outcome.UNUSED},
    "syn_cookie_reset": {Outcome.RESET_UNACKNOWLEDGED, Outcome.ANSWERED},
    "closed_without_answer": {Outcome.CLOSED_BEFORE_ANSWER},
    "reset_after_request": {Outcome.RESET_BEFORE_ANSWER},
    "answer_cut": {Outcome.ANSWER_CUT},
    "reset_when_idle": {Outcome.ANSWERED},
    "keepalive_race": {Outcome.RACED},
    "stale": {Outcome.STALE},
    "slow_target": {Outcome.NOT_ANSWERED},
}
"""What happened in each recording, by its script; the UNUSED ones are those that fill an accept queue."""


def recorded(name: str, folder: Path = RECORDED) -> list[Conversation]:
    return conversations(read((folder / f"{name}.pcap").read_bytes()))


def the(name: str) -> Conversation:
    """The conversation that a recording is about."""
    return next(c for c in recorded(name) if c.outcome is not Outcome.UNUSED)


@pytest.mark.parametrize("name", RECORDINGS)
def test_outcomes_of_recorded_conversations(name: str) -> None:
    """Real kernels, every way to end: the outcome is what the recording script did."""
    assert {c.outcome for c in recorded(name)} == RECORDINGS[name]


def test_every_recording_has_its_expectation() -> None:
    """No recording lies about unread."""
    assert {path.stem for path in RECORDED.glob("*.pcap")} == set(RECORDINGS)


def test_face_1_of_an_overflow_is_seen_in_the_syns() -> None:
    """A SYN dropped by a full accept queue comes again after a second, and is served then."""
    conversation = the("syn_dropped_then_served")
    assert len(conversation.syn_s) == 2
    assert conversation.connect_s == pytest.approx(1.0, abs=0.2)


def test_face_2_of_an_overflow_is_seen_in_the_syn_acks() -> None:
    """A final ACK dropped by a full accept queue: the SYN-ACK comes again, the request is sent again."""
    for name, acknowledged in (("final_ack_dropped_never_served", 0), ("final_ack_dropped_then_served", 35)):
        conversation = the(name)
        assert conversation.synacks_after_ack == 1
        assert conversation.retransmissions_sent >= 1
        assert (conversation.bytes_sent, conversation.bytes_acknowledged) == (35, acknowledged)


def test_face_3_of_an_overflow_is_a_bare_reset() -> None:
    """The SYN-cookie path: connected, two segments sent, none acknowledged, RST without ACK."""
    failed = [c for c in recorded("syn_cookie_reset") if c.failed]
    assert all(c.reset_bare and c.segments_sent == 2 and c.bytes_acknowledged == 0 for c in failed)
    assert all(c.established_s is not None and c.exchanges == 0 for c in failed)


def test_a_closing_socket_resets_with_ack() -> None:
    """Closing with SO_LINGER 0 is not bare: the kernel knew the connection."""
    for name in ("reset_after_request", "answer_cut", "reset_when_idle"):
        assert the(name).reset_by_target
        assert not the(name).reset_bare


def test_the_keepalive_race_tells_how_long_the_connection_was_idle() -> None:
    """The target's FIN comes before the request that does not know of it; silence is counted from the data."""
    conversation = the("keepalive_race")
    assert conversation.idle_before_request_s == pytest.approx(0.3, abs=0.2)
    assert conversation.fin_by_target_s is not None
    assert conversation.request_s is not None
    assert conversation.fin_by_target_s < conversation.request_s
    assert conversation.answer_s is None
    assert conversation.exchanges == 1


def test_exchanges_and_times_of_an_answered_conversation() -> None:
    """Two requests of 35 bytes, two answers of 40, opener closes."""
    conversation = the("answered")
    assert (conversation.exchanges, conversation.bytes_sent, conversation.bytes_received) == (2, 70, 80)
    assert conversation.bytes_acknowledged == 70
    assert conversation.answer_s is not None
    assert conversation.request_s is not None
    assert conversation.first_s < conversation.request_s < conversation.answer_s < conversation.last_s
    assert conversation.end_s == conversation.fin_by_opener_s is not None
    assert str(conversation.at) == "made.pcap#1"


def test_sequence_numbers_wrap() -> None:
    """A conversation over the end of the 32-bit space is counted like any other."""
    talk = Talk(isn=0xFFFFFFB0, target_isn=0xFFFFFFF0).handshake()
    for turn in range(3):
        talk.exchange(1.0 + turn)
    talk.send(9.0, False, RST | ACK)
    conversation = talk.only()
    assert conversation.outcome is Outcome.ANSWERED
    assert (conversation.bytes_sent, conversation.bytes_acknowledged, conversation.bytes_received) == (300, 300, 600)
    assert conversation.retransmissions_sent == 0


def test_more_than_the_sequence_space_is_counted() -> None:
    """Five GiB from the target, most of it missed by the capture: relative numbers do not wrap."""
    talk = Talk().handshake().exchange(1.0)
    for _ in range(5):
        talk.seq[False] += 1 << 30
        talk.send(2.0, False, ACK, 1024)
    assert talk.only().bytes_received == 200 + 5 * ((1 << 30) + 1024)


@pytest.mark.parametrize(
    ("from_proxy", "outcome"), [(False, Outcome.CLOSED_BEFORE_ANSWER), (True, Outcome.NOT_ANSWERED)]
)
def test_who_ends_an_acknowledged_request_decides(from_proxy: bool, outcome: Outcome) -> None:
    """A FIN from the target is a close without answer, one from the opener is a lost patience."""
    talk = Talk().handshake()
    talk.send(1.0, True, PSH | ACK, 100)
    talk.send(1.1, False)
    talk.send(3.0, from_proxy, FIN | ACK)
    assert talk.only().outcome is outcome


def test_a_capture_that_ends_with_a_request_outstanding() -> None:
    """OPEN, not a failure: nobody knows how it went on."""
    talk = Talk().handshake()
    talk.send(1.0, True, PSH | ACK, 100)
    assert talk.only().outcome is Outcome.OPEN
    talk.send(1.1, False)
    assert talk.only().outcome is Outcome.OPEN


def test_a_lone_syn_at_the_end_of_a_capture_proves_nothing() -> None:
    """Only a SYN that would have been repeated by then is unanswered."""
    talk = Talk()
    talk.send(1.0, True, SYN)
    assert talk.only().outcome is Outcome.PARTIAL
    talk.seq[True] -= 1
    talk.send(2.0, True, SYN)
    assert talk.only().outcome is Outcome.SYN_UNANSWERED


def test_an_opener_that_leaves_before_the_handshake() -> None:
    """RST to a SYN-ACK: a scan, or a connect that was cancelled."""
    talk = Talk()
    talk.send(1.0, True, SYN)
    talk.send(1.1, False, SYN | ACK)
    talk.send(1.2, True, RST)
    assert talk.only().outcome is Outcome.ABANDONED


def test_a_reset_that_does_not_acknowledge_the_syn_refuses_nothing() -> None:
    """A late RST of an earlier connection is ignored, as the kernel does (RFC 9293, 3.10.7.3)."""
    talk = Talk()
    talk.send(1.0, True, SYN)
    talk.seq[False], talk.seen[False] = 77, 12345
    talk.send(1.1, False, RST)
    talk.send(1.2, False, RST | ACK)
    assert talk.only().outcome is not Outcome.REFUSED


def test_a_request_on_a_pooled_connection_from_before_the_capture() -> None:
    """Without a SYN, the race is still a race, and the end with the lower port is the target."""
    talk = Talk()
    talk.seen = dict.fromkeys((True, False), 0)
    talk.seen[True], talk.seen[False] = talk.seq[False], talk.seq[True]
    talk.send(1.0, False, FIN | ACK, arrives=False)
    talk.send(1.0, True, PSH | ACK, 100)
    talk.send(1.1, False, RST)
    conversation = talk.only()
    assert (conversation.opened, conversation.outcome) == (False, Outcome.RACED)
    assert (conversation.opener, conversation.target) == ("10.0.0.5:40000", "10.0.0.7:8080")


def test_a_tls_farewell_is_no_request() -> None:
    """close_notify and FIN together end a served connection; no answer is owed."""
    talk = Talk().handshake().exchange(1.0)
    talk.send(60.0, True, PSH | ACK, 31)
    talk.send(60.0001, True, FIN | ACK)
    talk.send(60.001, False, RST)
    assert talk.only().outcome is Outcome.ANSWERED


def test_a_targets_farewell_that_crosses_a_request_is_no_answer() -> None:
    """The target's close_notify does not acknowledge the request it crossed: still the race."""
    talk = Talk().handshake().exchange(1.0)
    talk.send(61.0, True, PSH | ACK, 100, arrives=False)
    talk.send(61.0001, False, PSH | ACK, 31)
    talk.send(61.0002, False, FIN | ACK)
    talk.send(61.001, False, RST)
    assert talk.only().outcome is Outcome.RACED


def test_an_answer_that_breaks_off_after_an_early_pause_is_cut() -> None:
    """A reset within a second of the last data cut the answer; later it closed an idle connection."""
    for pause_s, outcome in ((0.2, Outcome.ANSWER_CUT), (5.0, Outcome.ANSWERED)):
        talk = Talk().handshake().exchange(1.0)
        talk.send(1.002 + pause_s, False, RST | ACK)
        assert talk.only().outcome is outcome


@pytest.mark.parametrize(
    ("fin_after_s", "again_after_s", "outcome"),
    [
        (0.0005, None, Outcome.RACED),
        (0.45, 0.2, Outcome.RACED),
        (0.6, None, Outcome.RACED),
        (0.6, 0.2, Outcome.STALE),
        (3.5, None, Outcome.STALE),
    ],
)
def test_a_fin_crosses_a_request_within_one_round_trip(
    fin_after_s: float, again_after_s: float | None, outcome: Outcome
) -> None:
    """Later, and after the request was sent again, it can have crossed nothing: the request was lost."""
    talk = Talk().handshake().exchange(1.0)
    talk.send(61.0, True, PSH | ACK, 100, arrives=False)
    if again_after_s is not None:
        talk.seq[True] -= 100
        talk.send(61.0 + again_after_s, True, PSH | ACK, 100, arrives=False)
    talk.send(61.0 + fin_after_s, False, FIN | ACK)
    talk.send(61.0 + fin_after_s + 0.0005, False, RST)
    assert talk.only().outcome is outcome
