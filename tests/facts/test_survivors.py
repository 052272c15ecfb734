from __future__ import annotations

from tests.facts.test_idleness import scene_of, used
from tests.making import conversation
from why502.facts.survivors import survivors
from why502.model.conversations import Conversation, Outcome


def cut(at_s: float) -> Conversation:
    """In use since long before, ended by the target."""
    return conversation(at_s, Outcome.CLOSED_BEFORE_ANSWER, first_s=at_s - 9.0, fin_by_target_s=at_s)


def ended(at_s: float, answer_s: float) -> Conversation:
    """Answered, later closed by the target."""
    return conversation(
        at_s, Outcome.ANSWERED, first_s=1.0, answer_s=answer_s, fin_by_target_s=at_s, request_s=answer_s - 0.1
    )


def test_a_process_that_dies_takes_its_idle_connections_along() -> None:
    """Two in use and one idle end at one instant, none goes on."""
    found = survivors(scene_of(cut(20.0), cut(20.01), ended(20.005, 12.0)))
    assert found is not None
    assert (found.instants, found.ended, found.idle, found.survived) == (1, 3, 1, 0)


def test_a_connection_that_is_served_afterwards_clears_the_process() -> None:
    """It stood at the instant, and the target answered on it a second later."""
    found = survivors(scene_of(cut(20.0), ended(40.0, 21.0)))
    assert found is not None
    assert (found.ended, found.survived) == (1, 1)


def test_one_idle_timeout_is_no_death() -> None:
    """Connections that were opened together time out together, at more than one instant."""
    races = [
        used(at_s, Outcome.CLOSED_BEFORE_ANSWER, 5.0, fin_by_target_s=at_s) for at_s in (20.0, 30.0) for _ in range(4)
    ]
    assert survivors(scene_of(*races)) is None
    found = survivors(scene_of(*races[:4]))
    assert found is not None
    assert (found.told, found.idle, found.survived) == (0, 0, 0)  # one instant alone: a death would leave the same


def test_a_close_at_another_time_shows_that_the_process_lived() -> None:
    """A process that dies closes all it has at once: whoever ends connections one after the other lives on."""
    found = survivors(scene_of(cut(20.0), cut(20.5), cut(21.0)))
    assert found is not None
    assert (found.instants, found.lived) == (3, 2)
