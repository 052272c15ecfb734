from __future__ import annotations

from msgspec import structs

from tests.facts.test_idleness import scene_of
from tests.making import case as logged_case
from tests.making import conversation, request
from why502.facts.clusters import clusters
from why502.facts.scene import Scene
from why502.facts.stopping import stopping
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome
from why502.model.requests import Manner, Phase


def scene_with_others(*conversations: Conversation) -> Scene:
    """Of the requests that were cut, with the other clusters of their target."""
    whole = Case(wire=summarise(conversations))
    found = clusters(whole, [])
    cut = next(c for c in found if c.outcome is Outcome.CLOSED_BEFORE_ANSWER)
    others = tuple(c for c in found if c is not cut)
    return structs.replace(scene_of(*conversations), cluster=cut, others=others)


def cut(begin_s: float, end_s: float) -> Conversation:
    """At work from one time to the other, then ended by the target."""
    return conversation(
        begin_s,
        Outcome.CLOSED_BEFORE_ANSWER,
        first_s=begin_s - 5.0,
        request_s=begin_s,
        end_s=end_s,
        fin_by_target_s=end_s,
    )


def refused(at_s: float) -> Conversation:
    return conversation(at_s, Outcome.REFUSED, first_s=at_s, syn_s=(at_s,), end_s=at_s)


def closed_idle(served_s: float, fin_s: float, asked_s: float | None = None) -> Conversation:
    """Answered, and later closed by the target."""
    return conversation(
        fin_s,
        Outcome.ANSWERED,
        first_s=1.0,
        request_s=asked_s or served_s - 0.1,
        answer_s=served_s,
        fin_by_target_s=fin_s,
    )


def test_a_listener_that_is_gone_while_requests_go_on_was_told_to_stop() -> None:
    """Connects are refused from 20.0 on; what was at work is ended 10 s later."""
    found = stopping(scene_with_others(cut(19.0, 30.0), cut(19.5, 30.0), refused(20.0), refused(25.0)))
    assert found is not None
    assert (found.requests, found.ahead_s, found.refused, found.on_wire) == (2, 10.0, 2, True)


def test_a_listener_that_is_gone_with_the_requests_is_no_stop() -> None:
    """Refused right after: as when a process dies."""
    assert stopping(scene_with_others(cut(19.0, 30.0), refused(30.001), refused(30.5))) is None


def test_refusals_of_a_former_death_do_not_count() -> None:
    """The service was back before the request was cut: it accepted a connection in between."""
    anew = conversation(26.0, Outcome.ANSWERED, first_s=26.0, established_s=26.0, fin_by_target_s=60.0, answer_s=26.1)
    assert stopping(scene_with_others(cut(19.0, 30.0), refused(20.0), anew)) is None


def test_idle_connections_closed_together_before_the_requests_tell_as_much() -> None:
    """Three, served at different times, closed at 20.0; a request goes on until 24."""
    idle = [closed_idle(served_s, 20.0) for served_s in (11.0, 13.0, 18.0)]
    found = stopping(scene_with_others(cut(19.0, 24.0), *idle))
    assert found is not None
    assert (found.idle, found.refused, found.ahead_s) == (3, 0, 4.0)


def test_an_idle_timeout_is_no_stop() -> None:
    """Closed as far apart as they were served."""
    idle = [closed_idle(served_s, served_s + 5.0) for served_s in (14.98, 14.99, 15.0)]
    assert stopping(scene_with_others(cut(19.0, 24.0), *idle)) is None


def test_a_sweep_of_idle_connections_is_no_stop() -> None:
    """A server that looks once a second: all had been idle for 2 to 3 s."""
    idle = [closed_idle(served_s, 20.0) for served_s in (17.1, 17.5, 17.9)]
    assert stopping(scene_with_others(cut(19.0, 24.0), *idle)) is None


def test_a_sweep_of_idle_connections_is_no_stop_if_others_are_served_anew() -> None:
    """Another connection that stood then is used and served afterwards."""
    idle = [closed_idle(served_s, 20.0) for served_s in (11.0, 13.0, 18.0)]
    served = closed_idle(22.1, 40.0, asked_s=22.0)
    assert stopping(scene_with_others(cut(19.0, 24.0), *idle, served)) is None


def test_a_log_of_milliseconds_tells_it_too() -> None:
    """A connect refused in the middle of a request that was cut off 4 s later."""
    words = {"phase": Phase.CONNECT, "manner": Manner.REFUSED, "wait_s": None}
    whole = logged_case(*(request(124.25 + n / 100, start_s=119.5) for n in range(3)), request(120.25, **words))
    first, *others = clusters(whole, [])
    found = stopping(Scene(whole, first, None, None, (), tuple(others)))
    assert found is not None
    assert (found.requests, found.on_wire) == (3, False)


def test_times_of_two_clocks_make_no_steps() -> None:
    """The proxy logs the end of requests, the capture shows the refusal: nothing shows that their clocks agree."""
    whole = logged_case(*(request(124.25 + n / 100, start_s=119.5) for n in range(3)))
    (logged,) = clusters(whole, [])
    (on_wire,) = clusters(Case(wire=summarise((refused(120.0),))), [])
    assert stopping(Scene(whole, logged, None, None, (), (on_wire,))) is None
