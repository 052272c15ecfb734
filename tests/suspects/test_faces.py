from __future__ import annotations

import pytest

from tests.making import conversation
from why502.facts.clusters import clusters
from why502.facts.handshakes import handshakes
from why502.facts.scene import Scene
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome
from why502.model.details import ConversationDetail
from why502.suspects.faces import fate, taken_late


def answered(number: int, **fields: object) -> Conversation:
    """A new connection with one request of one segment."""
    made = {"opener": f"10.0.0.1:{40000 + number}", "exchanges": 1, "segments_sent": 1, "answer_s": 100.0 + number}
    return conversation(100.0 + number, Outcome.ANSWERED, **{**made, **fields})


def bits(late: int, *others: Conversation, on_time: int = 12) -> list[float]:
    conversations = [
        *(answered(n, retransmissions_sent=1) for n in range(late)),
        *(answered(100 + n) for n in range(on_time)),
        *others,
    ]
    seen = handshakes(summarise(conversations).targets[0])
    return [e.bits for e in taken_late(seen, 4.0)] + [-e.bits for e in taken_late(seen, -4.0)]


@pytest.mark.parametrize(("late", "told"), [(0, []), (2, []), (3, [3.0, 3.0]), (9, [4.0, 4.0])])
def test_each_that_was_taken_late_speaks_for_the_queue_and_against_the_path(late: int, told: list[float]) -> None:
    """A bit for each, four at the most; two may be chance."""
    assert bits(late) == told


@pytest.mark.parametrize(
    "lost",
    [{"retransmissions_received": 1}, {"retransmissions_sent": 1, "opened": False, "exchanges": 3}],
    ids=["an answer", "a request on a used connection"],
)
def test_a_path_that_loses_other_packets_as_well_says_nothing_of_a_queue(lost: dict[str, object]) -> None:
    """What the target had accepted is not touched by its queue."""
    assert bits(9, answered(500, **lost)) == []


@pytest.mark.parametrize(
    "fields",
    [{"segments_sent": 4}, {"synacks_after_ack": 1}, {"opened": False}],
    ids=["several segments", "told by its SYN-ACK", "its beginning was not captured"],
)
def test_what_else_is_sent_again_is_not_counted(fields: dict[str, object]) -> None:
    """Any segment may be the one; a final ACK is not counted twice; who knows what came before."""
    late = [answered(n, retransmissions_sent=1, **fields) for n in range(9)]
    seen = handshakes(summarise([*late, *(answered(100 + n) for n in range(12))]).targets[0])
    assert list(taken_late(seen, 4.0)) == []


def test_few_served_requests_show_no_other_losses() -> None:
    """With five, none lost says nothing."""
    assert bits(3, on_time=2) == []


@pytest.mark.parametrize(("resets", "told"), [(1, 2.0), (3, 6.0), (9, 7.0)])
def test_a_reset_says_less_where_the_recorder_lost_packets(resets: int, told: float) -> None:
    """The program's own reset may be among those; it is not missing nine times."""
    reset = [conversation(100.0 + n, reset_by_target=True, reset_bare=True) for n in range(resets)]
    whole = [answered(500 + n, packets=20, detail=ConversationDetail()) for n in range(3)]
    holed = [answered(500 + n, packets=20, packets_received=8, detail=ConversationDetail(gaps=2)) for n in range(3)]
    assert [bits_of_fate(*reset, *others) for others in (whole, holed)] == [7.0, told]


def bits_of_fate(*conversations: Conversation) -> float:
    wire = summarise(conversations)
    known = Case(inputs=(), traffic=None, wire=wire)
    cluster = next(each for each in clusters(known, ()) if each.outcome is Outcome.RESET_UNACKNOWLEDGED)
    scene = Scene(known, cluster, None, wire.targets[0], ())
    (evidence,) = fate(scene, Outcome.RESET_UNACKNOWLEDGED, handshakes(wire.targets[0]))
    return evidence.bits
