from __future__ import annotations

import pytest

from tests.making import conversation
from why502.facts.vanished import as_vanished
from why502.facts.wire import summarise
from why502.model.conversations import Outcome
from why502.model.details import ConversationDetail, Exchange

CUT = ConversationDetail(exchanges=(Exchange("GET / HTTP/1.1", expected_bytes=100, complete=False),))


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"reset_bare": True}, Outcome.PARTIAL),
        ({"reset_bare": True, "detail": ConversationDetail()}, Outcome.PARTIAL),
        ({"reset_bare": False}, Outcome.ANSWER_CUT),
        ({"reset_bare": True, "detail": CUT}, Outcome.ANSWER_CUT),
        ({"reset_bare": True, "fin_by_target_s": 9.9}, Outcome.ANSWER_CUT),
    ],
    ids=["no socket", "no payload was captured", "a program's own reset", "half an answer", "it had closed before"],
)
def test_a_late_acknowledgement_that_meets_no_socket_breaks_off_no_answer(
    fields: dict[str, object], left: Outcome
) -> None:
    made = conversation(10.0, Outcome.ANSWER_CUT, reset_by_target=True, answer_s=10.01, **fields)
    assert as_vanished(made).outcome is left


def test_it_is_no_failure_of_its_target() -> None:
    made = conversation(10.0, Outcome.ANSWER_CUT, reset_by_target=True, reset_bare=True, answer_s=10.01)
    assert summarise([made]).targets[0].failed == ()
