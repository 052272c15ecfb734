from __future__ import annotations

from typing import Any

import pytest

from tests.making import conversation
from why502.facts.queue_depth import full_at
from why502.model.conversations import Conversation, Outcome
from why502.model.wire import FullAt

DEPTH = 3


def lost(at_s: float) -> Conversation:
    return conversation(at_s, Outcome.SYN_UNANSWERED, syn_s=(at_s,), first_s=at_s, request_s=None, end_s=None)


def answered(begin_s: float, answer_s: float, **fields: Any) -> Conversation:
    made: dict[str, Any] = {
        "first_s": begin_s,
        "last_s": answer_s,
        "syn_s": (begin_s,),
        "synack_s": (begin_s + 0.001,),
        "established_s": begin_s + 0.001,
        "request_s": begin_s + 0.002,
        "answer_s": answer_s,
        "exchanges": 1,
        "end_s": answer_s,
    }
    return conversation(answer_s, Outcome.ANSWERED, **{**made, **fields})


def pause(at_s: float, *, waits: int = DEPTH, drops: int = 2) -> list[Conversation]:
    """Nothing is accepted for 0.4 s: some wait, the SYNs after them are lost; then all that wait are answered."""
    waiting = [answered(at_s + 0.01 * k, at_s + 0.4 + 0.001 * k) for k in range(waits)]
    return [*waiting, *(lost(at_s + 0.1 + 0.05 * k) for k in range(drops))]


def calm(begin_s: float, number: int) -> list[Conversation]:
    return [answered(begin_s + 0.1 * k, begin_s + 0.1 * k + 0.02) for k in range(number)]


def test_pauses_that_fill_one_queue() -> None:
    """Three pauses, three that wait in each, and no SYN was ever taken behind three others."""
    found = full_at([*calm(0.0, 20), *pause(10.0), *pause(20.0), *pause(30.0)])
    assert found == FullAt(depth=3, lost=6, lost_in_all=6, taken=29, times=3)


@pytest.mark.parametrize(
    "told",
    [
        [*calm(0.0, 20), *pause(10.0, drops=6)],
        [*calm(0.0, 9), *pause(10.0), *pause(20.0), *pause(30.0)],
        [*calm(0.0, 20), *pause(10.0), *pause(20.0, waits=5), *pause(30.0, waits=4)],
        [*calm(0.0, 20), *pause(10.0), *pause(20.0), *pause(30.0), *pause(40.0, waits=4, drops=0)],
        [*calm(0.0, 30), *(lost(10.0 + k) for k in range(9))],
        [*calm(0.0, 30), *pause(10.0, waits=1), *pause(20.0, waits=1), *pause(30.0, waits=1)],
    ],
    ids=["once only", "few", "at any depth", "more were taken", "nobody waited", "one waited"],
)
def test_what_a_way_that_loses_syns_does_as_well(told: list[Conversation]) -> None:
    assert full_at(told) is None


def test_who_came_before_one_that_was_answered_has_been_accepted() -> None:
    """Served at once and slowly, with a limit of connections on the way: the newer ones are answered first."""
    told = calm(0.0, 20)
    for at_s in (10.0, 20.0, 30.0):
        told += [answered(at_s, at_s + 0.9), answered(at_s + 0.01, at_s + 0.8), answered(at_s + 0.02, at_s + 0.05)]
        told += [lost(at_s + 0.1), lost(at_s + 0.15)]
    assert full_at(told) is None
