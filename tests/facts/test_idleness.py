from __future__ import annotations

from typing import Any

from tests.making import conversation
from why502.facts.clusters import clusters
from why502.facts.idleness import idleness
from why502.facts.scene import Scene
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome


def scene_of(*conversations: Conversation) -> Scene:
    """The largest cluster of a case that has only this capture."""
    wire = summarise(conversations)
    case = Case(wire=wire)
    first = clusters(case, [])[0]
    return Scene(case=case, cluster=first, traffic=None, wire=wire.target(first.target), listeners=())


def used(at_s: float, outcome: Outcome, idle_s: float, **fields: Any) -> Conversation:
    return conversation(at_s, outcome, exchanges=2, idle_before_request_s=idle_s, **fields)


def test_one_timer_shows_in_three_outcomes() -> None:
    """Crossed by the close, or taken by the kernel and then closed or reset: the idleness tells that it is one."""
    found = idleness(
        scene_of(
            used(1.0, Outcome.RACED, 5.001),
            used(20.0, Outcome.CLOSED_BEFORE_ANSWER, 5.004),
            used(30.0, Outcome.RESET_BEFORE_ANSWER, 4.997),
            used(40.0, Outcome.RACED, 5.0),
        )
    )
    assert (found.reused, found.raced, found.constant) == (4, 2, True)
    assert found.holds([5.002])
    assert not found.holds([9.0])
    assert not found.holds([None])


def test_a_new_connection_among_them_is_no_timer() -> None:
    """A timer for idle connections ends none that has not served."""
    races = [used(float(at), Outcome.RACED, 5.0) for at in range(4)]
    found = idleness(scene_of(*races, conversation(50.0, Outcome.CLOSED_BEFORE_ANSWER)))
    assert not found.constant


def test_silence_without_a_word_does_not_count() -> None:
    """A stale connection was not ended by the target."""
    assert idleness(scene_of(used(1.0, Outcome.STALE, 5.0))).number == 0


def test_connections_that_ended_at_one_instant_are_one_observation() -> None:
    """They were used together and ended together: a process that died leaves the same."""
    ended = [used(10.0 + 0.001 * n, Outcome.CLOSED_BEFORE_ANSWER, 0.4) for n in range(6)]
    assert not idleness(scene_of(*ended)).constant
    assert idleness(scene_of(*ended, used(12.0, Outcome.CLOSED_BEFORE_ANSWER, 0.4))).constant
