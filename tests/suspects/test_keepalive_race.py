from __future__ import annotations

from typing import TYPE_CHECKING

from tests.facts.test_idle_timer import FIVE_S, closed_idle, taken
from tests.facts.test_idleness import used
from tests.making import conversation
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome
from why502.ranking import judge_case

if TYPE_CHECKING:
    from why502.model.verdict import VerdictLine


def verdicts(*conversations: Conversation) -> list[VerdictLine]:
    return list(judge_case(Case(wire=summarise(conversations)), 1000.0).document.verdicts)


def test_one_request_that_the_kernel_took_just_before_the_timer() -> None:
    """A FIN in place of an answer: only the closes of idle connections tell that a timer sent it, and no handler."""
    [found] = verdicts(*FIVE_S, taken(300.0, 5.001))
    assert found.cause == "keepalive-race"
    assert found.probability > 0.8
    assert any("it closed 8 idle ones after 5.00 to 5.01 s" in e.text for e in found.evidence)


def test_three_outcomes_of_one_timer_are_one_verdict() -> None:
    races = (used(400.0, Outcome.RACED, 5.003, request_s=400.0, fin_by_target_s=400.001), taken(500.0, 5.0))
    [found] = verdicts(*FIVE_S, *races, taken(300.0, 5.001, Outcome.RESET_BEFORE_ANSWER))
    assert (found.cause, found.failures) == ("keepalive-race", 3)
    assert found.probability > 0.95


def test_a_handler_that_fails_beside_an_idle_timeout_is_no_race() -> None:
    """The target has a timer of 5 s; its failures come after any silence, on new connections as well."""
    failed = [taken(300.0 + 9 * n, idle_s) for n, idle_s in enumerate((0.4, 1.3, 2.6))]
    new = [conversation(400.0 + n, Outcome.CLOSED_BEFORE_ANSWER, fin_by_target_s=400.0 + n) for n in range(2)]
    found = verdicts(*FIVE_S, *failed, *new)
    assert [v.cause for v in found] == ["closed-without-response"]


def test_a_close_long_before_the_timer_is_no_race() -> None:
    """FIN and request crossed, but after 2 s, and the target keeps idle connections for 5 s."""
    crossed = [used(300.0 + 9 * n, Outcome.RACED, 2.0 + n / 5, fin_by_target_s=300.0 + 9 * n) for n in range(2)]
    assert "keepalive-race" not in [v.cause for v in verdicts(*FIVE_S, *crossed)]


def test_a_rhythm_of_the_load_convicts_no_timer() -> None:
    """Requests return 2 ms before the timer fires, and one fails then: a handler's failures would look the same."""
    rhythm = [closed_idle(100.0 + 7 * n, 5.0 + n / 2000, served_after_s=4.998) for n in range(8)]
    assert all(v.probability < 0.9 for v in verdicts(*rhythm, taken(300.0, 4.998)))


def test_a_stop_that_closes_all_idle_connections_at_once_is_no_race() -> None:
    """FIN and request crossed after 20 s of silence; four other idle connections got theirs at that instant."""
    crossed = used(300.0, Outcome.RACED, 20.0, request_s=300.0, fin_by_target_s=300.0)
    stopped = [closed_idle(300.0 + n / 1000, 2.0 + 5 * n) for n in range(4)]
    assert [v.cause for v in verdicts(crossed)] == ["keepalive-race"]
    assert "keepalive-race" not in [v.cause for v in verdicts(crossed, *stopped)]
