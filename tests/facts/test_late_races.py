from __future__ import annotations

from tests.facts.test_idleness import used
from tests.making import conversation
from why502.facts.clusters import clusters
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome


def counted(*conversations: Conversation) -> dict[Outcome | None, int]:
    return {c.outcome: c.count for c in clusters(Case(wire=summarise(conversations)), [])}


RACES = tuple(used(10.0 * n, Outcome.RACED, 5.0 + n / 1000) for n in range(1, 4))


def test_a_race_that_came_a_step_late_is_a_race() -> None:
    """The same timeout of 5 s: the kernel had just taken the request. The crash of new connections stays its own."""
    late = (used(50.0, Outcome.CLOSED_BEFORE_ANSWER, 5.002), used(60.0, Outcome.RESET_BEFORE_ANSWER, 4.999))
    crash = tuple(conversation(70.0, Outcome.CLOSED_BEFORE_ANSWER) for _ in range(3))
    assert counted(*RACES, *late, *crash) == {Outcome.RACED: 5, Outcome.CLOSED_BEFORE_ANSWER: 3}


def test_another_idleness_is_another_fault() -> None:
    """Connections that had been idle for 2 s did not run into a timeout of 5 s."""
    other = tuple(used(50.0 + n, Outcome.CLOSED_BEFORE_ANSWER, 2.0) for n in range(2))
    assert counted(*RACES, *other) == {Outcome.RACED: 3, Outcome.CLOSED_BEFORE_ANSWER: 2}


def test_one_race_does_not_explain_many_other_ends() -> None:
    """A load of one rhythm comes back after 5 s each time, whatever then fails."""
    many = tuple(used(50.0 + n, Outcome.CLOSED_BEFORE_ANSWER, 5.0) for n in range(9))
    assert counted(RACES[0], *many) == {Outcome.CLOSED_BEFORE_ANSWER: 9, Outcome.RACED: 1}
