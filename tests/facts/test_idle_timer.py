from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.facts.test_idleness import used
from tests.making import conversation
from why502.facts.idle_timer import idle_timer
from why502.facts.wire import summarise
from why502.model.conversations import Conversation, Outcome

if TYPE_CHECKING:
    from why502.facts.idle_timer import IdleTimer

TARGET = "10.0.0.7:8080"


def closed_idle(at_s: float, idle_s: float, served_after_s: float | None = None) -> Conversation:
    """Answered, and closed by the target `idle_s` later; the last request had come after `served_after_s`."""
    answer_s = at_s - idle_s
    return conversation(
        at_s,
        Outcome.ANSWERED,
        first_s=answer_s - 3.0,
        exchanges=2,
        request_s=answer_s - 0.02,
        answer_s=answer_s,
        fin_by_target_s=at_s,
        idle_before_request_s=served_after_s,
    )


def taken(at_s: float, idle_s: float, outcome: Outcome = Outcome.CLOSED_BEFORE_ANSWER) -> Conversation:
    """Ended by the target 1 ms after a request that came after `idle_s` of silence."""
    return used(at_s, outcome, idle_s, request_s=at_s - 0.001, fin_by_target_s=at_s)


def timer_of(*conversations: Conversation) -> IdleTimer | None:
    return idle_timer(summarise(conversations).target(TARGET))


FIVE_S = tuple(closed_idle(100.0 + 7 * n, 5.0 + n / 1000, served_after_s=0.4 * n) for n in range(8))


def test_idle_connections_show_the_timer_that_closed_them() -> None:
    found = timer_of(*FIVE_S)
    assert found is not None
    assert found.closes == 8
    assert (found.low_s, found.high_s) == pytest.approx((5.0, 5.007))


def test_an_end_at_the_timer_is_no_chance() -> None:
    """One request was taken 1 ms before the timer fired, another one after any silence: only the first fits."""
    found = timer_of(*FIVE_S)
    assert found is not None
    late, other = taken(300.0, 5.001), taken(310.0, 1.2)
    assert (found.fits(late), found.fits(other)) == (True, False)
    assert found.bits([late]) > 3.0
    assert found.bits([other]) == 0.0
    assert found.bits([late] * 9) == 7.0


def test_a_load_that_returns_with_the_timer_makes_its_moments_likely() -> None:
    """All requests come 2 ms before the timer fires: then any failure comes then."""
    rhythm = tuple(closed_idle(100.0 + 7 * n, 5.0, served_after_s=4.998) for n in range(8))
    found = timer_of(*rhythm)
    assert found is not None
    assert found.bits([taken(300.0, 4.998)]) < 0.2


def test_a_death_is_no_timer() -> None:
    """All connections end at one instant, each after another silence, whatever these have in common."""
    assert timer_of(*(closed_idle(200.0 + n / 1e4, 5.0 + n / 50) for n in range(8))) is None


def test_connections_that_outlive_it_contradict_a_timer() -> None:
    served_later = tuple(closed_idle(200.0 + 9 * n, 5.0, served_after_s=30.0) for n in range(3))
    assert timer_of(*FIVE_S, *served_later) is None


def test_closes_after_any_silence_are_no_timer() -> None:
    assert timer_of(*(closed_idle(100.0 + 9 * n, 1.0 + n) for n in range(8))) is None
    assert timer_of(closed_idle(100.0, 5.0)) is None
    assert idle_timer(None) is None


def test_what_the_proxy_closes_shows_no_timer_of_the_target() -> None:
    """nginx and Go close their spare connections first; the target's FIN only answers that."""
    left = [
        conversation(
            100.0 + 9 * n,
            Outcome.ANSWERED,
            exchanges=1,
            answer_s=95.0 + 9 * n,
            fin_by_opener_s=99.9 + 9 * n,
            fin_by_target_s=100.0 + 9 * n,
        )
        for n in range(6)
    ]
    assert timer_of(*left) is None


def spare(outcome: Outcome, acknowledged_bytes: int, waited_s: float = 5.001) -> Conversation:
    """Opened in advance, first asked `waited_s` after the handshake."""
    return conversation(
        300.0,
        outcome,
        established_s=299.999 - waited_s,
        request_s=299.999,
        fin_by_target_s=300.0,
        bytes_sent=500,
        bytes_acknowledged=acknowledged_bytes,
    )


def test_a_connection_opened_in_advance_can_race_on_its_first_request() -> None:
    """The target's FIN was sent before its kernel had taken a byte: that is a race, on a connection that was idle."""
    wire = summarise([*FIVE_S, spare(Outcome.CLOSED_BEFORE_ANSWER, 0)]).target(TARGET)
    assert wire is not None
    [failed] = wire.failed
    assert failed.outcome is Outcome.RACED
    assert failed.idle_before_request_s == pytest.approx(5.001)
    assert not failed.new
    found = idle_timer(wire)
    assert found is not None
    assert found.fits(failed)


def test_a_first_request_that_was_taken_or_came_at_once_is_none() -> None:
    made = [
        spare(Outcome.CLOSED_BEFORE_ANSWER, 500),
        spare(Outcome.CLOSED_BEFORE_ANSWER, 0, waited_s=0.001),
        spare(Outcome.RESET_UNACKNOWLEDGED, 0),
    ]
    found = [c for one in made for c in summarise([one]).targets[0].failed]
    assert [c.outcome for c in found] == [
        Outcome.CLOSED_BEFORE_ANSWER,
        Outcome.CLOSED_BEFORE_ANSWER,
        Outcome.RESET_UNACKNOWLEDGED,
    ]
    assert [c.new for c in found] == [False, True, False]
