from __future__ import annotations

from typing import Any

import pytest

from tests.making import conversation
from why502.facts.empty_queue import LostSyns, lost_syns
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, Outcome
from why502.model.wire import Counted


def unanswered(*syn_s: float) -> Conversation:
    return conversation(syn_s[-1], Outcome.SYN_UNANSWERED, syn_s=syn_s, first_s=syn_s[0], request_s=None, end_s=None)


def stood(begin_s: float, answer_s: float | None, **fields: Any) -> Conversation:
    """Its handshake took 1 ms; it was answered once."""
    made: dict[str, Any] = {
        "first_s": begin_s,
        "last_s": 60.0,
        "syn_s": (begin_s,),
        "synack_s": (begin_s + 0.001,),
        "established_s": begin_s + 0.001,
        "request_s": begin_s + 0.002,
        "answer_s": answer_s,
        "exchanges": int(answer_s is not None),
        "end_s": None,
        "outcome": Outcome.ANSWERED if answer_s else Outcome.OPEN,
    }
    return conversation(60.0, **{**made, **fields})


def test_syns_lost_while_all_that_stood_had_been_answered() -> None:
    """One was answered at 11 s; SYNs at 10.5 s may have met a full queue, those from 12 s on cannot."""
    found = lost_syns([stood(10.0, 11.0), unanswered(10.5, 12.0, 13.0)])
    assert found == LostSyns(lost=3, alone=2)


@pytest.mark.parametrize(
    "waiting",
    [
        stood(10.0, None),
        stood(10.0, None, outcome=Outcome.UNUSED, request_s=None),
        stood(10.0, 20.0),
        stood(10.0, 31.0, exchanges=3, request_s=30.0, idle_before_request_s=4.0),
        conversation(60.0, Outcome.PARTIAL, first_s=10.0, last_s=20.0, end_s=None, opened=False, syn_s=()),
    ],
    ids=["not answered", "not used", "answered late", "answered at a time not known", "begun before the capture"],
)
def test_a_connection_that_may_wait_may_fill_the_queue(waiting: Conversation) -> None:
    assert lost_syns([waiting, unanswered(12.0, 13.0)]) == LostSyns(lost=2, alone=0)


def test_the_last_answer_but_one_bounds_the_first() -> None:
    """Asked again at 30 s after 18 s of silence: it had been answered at 12 s at the latest."""
    pooled = stood(10.0, 31.0, exchanges=3, request_s=30.0, idle_before_request_s=18.0)
    assert lost_syns([pooled, unanswered(11.0, 14.0)]) == LostSyns(lost=2, alone=1)


def test_a_handshake_under_way_counts_as_waiting() -> None:
    """Both SYNs of a page leave at once: the queue may be full of the one when the other arrives."""
    assert lost_syns([stood(10.0, 10.03), unanswered(10.0)]).alone == 0


def test_the_syn_that_was_answered_in_the_end_is_not_lost() -> None:
    late = stood(10.0, 12.1, syn_s=(10.0, 11.0), synack_s=(11.001,), established_s=11.001)
    assert lost_syns([late]) == LostSyns(lost=1, alone=1)


def test_a_capture_of_which_some_is_only_counted_tells_nothing() -> None:
    target = "10.0.0.7:8080"
    counted = Counted(target, {Outcome.ANSWERED: 9}, 0.0, 60.0)
    assert summarise([unanswered(12.0, 13.0)]).targets[0].syns_lost_alone == 2
    assert summarise([unanswered(12.0, 13.0)], [counted]).targets[0].syns_lost_alone is None


def given_up(begin_s: float, **fields: Any) -> Conversation:
    made: dict[str, Any] = {"outcome": Outcome.NOT_ANSWERED, "end_s": begin_s + 1.0, "last_s": begin_s + 1.0}
    return stood(begin_s, None, **{**made, **fields})


def test_who_gave_up_may_fill_the_queue_for_ever() -> None:
    """Whether it was accepted shows when the target closes it; one of several workers may never do."""
    assert lost_syns([given_up(10.0), unanswered(9.0, 30.0, 31.0)]) == LostSyns(lost=3, alone=1, beside_left=2)


def test_what_the_target_closed_had_been_accepted() -> None:
    closed = given_up(10.0, fin_by_target_s=13.0)
    assert lost_syns([closed, unanswered(30.0)]) == LostSyns(lost=1, alone=1)
