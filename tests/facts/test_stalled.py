from __future__ import annotations

import pytest

from tests.making import conversation, request
from why502.facts.clusters import clusters
from why502.facts.stalled import with_stalls
from why502.facts.traffic import summarise as summarise_log
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome
from why502.model.details import ConversationDetail
from why502.model.requests import Manner, Phase, Side


def left(silent_s: float | None, at_s: float = 100.0, target: str = "10.0.0.7:8080") -> Conversation:
    detail = ConversationDetail(silent_midway_s=silent_s)
    return conversation(at_s, Outcome.ANSWERED, target=target, detail=detail)


def stalled(*conversations: Conversation) -> int:
    return sum(c.outcome is Outcome.STALLED for c in with_stalls(conversations))


@pytest.mark.parametrize(
    ("silences_s", "number"),
    [
        ((60.0, 60.004), 2),
        ((60.0, 60.5, 2.0, 2.01), 4),
        ((60.0, 45.0), 0),
        ((60.0,), 0),
        ((0.4, 0.4), 0),
        ((None, None), 0),
    ],
)
def test_only_equal_silences_are_a_timers(silences_s: tuple[float | None, ...], number: int) -> None:
    """One alone may be a client that left; short ones are pauses of an answer that goes on."""
    assert stalled(*(left(silent_s) for silent_s in silences_s)) == number


def test_targets_have_their_own() -> None:
    assert stalled(left(60.0), left(60.0, target="10.0.0.8:8080")) == 0


def test_they_are_failures_of_the_body() -> None:
    """Of which no log tells; where one does, the proxy logged each that it gave up."""
    wire = summarise([left(60.0, 100.0), left(60.001, 200.0)])
    (cluster,) = clusters(Case(wire=wire), ())
    assert (cluster.side, cluster.phase, cluster.manner, cluster.outcome, cluster.count) == (
        Side.PROXY, Phase.BODY, Manner.TIMEOUT, Outcome.STALLED, 2,
    )  # fmt: skip
    logged = summarise_log([request(500.0, status=200, manner=None, phase=Phase.DONE, side=Side.TARGET)])
    assert clusters(Case(wire=wire, traffic=logged), ()) == []
