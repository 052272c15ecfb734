from __future__ import annotations

from tests.facts.test_idle_timer import closed_idle
from tests.facts.test_idleness import used
from why502.facts.closed_along import closed_along
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, Outcome


def raced(at_s: float, idle_s: float) -> Conversation:
    return used(at_s, Outcome.RACED, idle_s, request_s=at_s, fin_by_target_s=at_s)


def at_one_instant(*idle: Conversation) -> bool:
    failed = raced(100.0, 5.0)
    return closed_along(summarise([failed, *idle]).targets[0], [failed]).at_one_instant


def test_what_stops_closes_all_that_is_idle() -> None:
    assert at_one_instant(closed_idle(100.001, 1.2), closed_idle(100.002, 9.0))


def test_a_timer_closes_what_was_silent_as_long() -> None:
    """A page's connections were silent equally long, and others are closed at other instants."""
    assert not at_one_instant(*(closed_idle(100.0 + n / 1000, 5.0 + n / 1000) for n in range(6)))
    assert not at_one_instant(closed_idle(90.0, 1.2), closed_idle(120.0, 9.0))


def test_one_other_may_be_chance() -> None:
    assert not at_one_instant(closed_idle(100.001, 1.2))
    assert not closed_along(None, []).at_one_instant
