"""Refused connects before the end of requests in flight, in logs of whole seconds, and deaths that look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.making import case, conversation, request
from why502.facts.clusters import clusters
from why502.facts.scene import Scene
from why502.facts.steps_in_seconds import Steps, steps_in_seconds
from why502.facts.wire import summarise
from why502.model.conversations import Outcome
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from why502.model.requests import Request


def line(number: int, end_s: float, total_s: float, phase: Phase, manner: Manner) -> Request:
    """As nginx writes it: the second of the end, and milliseconds for how long it took."""
    at = Place("access.log", number)
    return request(end_s, at=at, start_s=end_s - total_s, total_s=total_s, wait_s=None, phase=phase, manner=manner)


def cut(number: int, end_s: float, total_s: float = 1.5) -> Request:
    return line(number, end_s, total_s, Phase.WAIT, Manner.CLOSED)


def refused(number: int, end_s: float) -> Request:
    return line(number, end_s, 0.001, Phase.CONNECT, Manner.REFUSED)


def scene_of(*requests: Request) -> Scene:
    """Of the requests that were cut."""
    whole = case(*requests)
    found = clusters(whole, ())
    own = next(c for c in found if c.manner in (Manner.CLOSED, Manner.CUT))
    return Scene(whole, own, None, None, (), tuple(c for c in found if c is not own))


def steps(*requests: Request) -> Steps | None:
    return steps_in_seconds(scene_of(*requests))


def test_connects_refused_while_requests_went_on_are_steps() -> None:
    """In the seconds 109 and 110, and the requests of 1.5 s end in 110."""
    found = steps(refused(1, 109.0), refused(2, 110.0), cut(3, 110.0), cut(4, 110.0, 1.6))
    assert found is not None
    assert (found.requests, found.refused, round(found.ahead_s)) == (2, 2, 1)


def test_a_log_of_beginnings_tells_it_by_what_the_ends_have_in_common() -> None:
    """Apache writes the second of the beginning, and microseconds for how long it took."""
    apache = [
        request(338.0 + 1.5745, at=Place("access.log", 5), start_s=338.0, total_s=1.5745, manner=Manner.CLOSED),
        request(339.0 + 1.4628, at=Place("access.log", 6), start_s=339.0, total_s=1.4628, manner=Manner.CLOSED),
    ]
    gone = [
        request(
            339.0004,
            at=Place("access.log", 4),
            start_s=339.0,
            total_s=0.0004,
            phase=Phase.CONNECT,
            manner=Manner.REFUSED,
        )
    ]
    found = steps(*gone, *apache)
    assert found is not None
    assert found.requests == 2


def test_a_log_of_whole_seconds_only_tells_it_as_well() -> None:
    """Traffic Server: begun in 107 and 108, and a second or more at work."""
    at_work = [
        request(begun_s + 1, at=Place("access.log", number), start_s=begun_s, total_s=1.0)
        for number, begun_s in ((5, 107.0), (6, 107.0), (7, 108.0))
    ]
    gone = [
        request(
            at_s, at=Place("access.log", number), start_s=at_s, total_s=0.0, phase=Phase.CONNECT, manner=Manner.REFUSED
        )
        for number, at_s in ((3, 108.0), (4, 109.0))
    ]
    found = steps(*gone, *at_work)
    assert found is not None
    assert found.requests == 3


def test_connects_refused_after_the_end_are_no_steps() -> None:
    """Whoever dies is refused from then on, be it in the same second."""
    assert steps(cut(1, 110.0), cut(2, 110.0), refused(3, 110.0), refused(4, 111.0)) is None


def test_refused_and_cut_in_one_second_tell_no_order() -> None:
    """Lines may be written in another order than things happened, by some milliseconds."""
    assert steps(refused(1, 110.0), cut(2, 110.0), cut(3, 110.0)) is None


def test_a_service_that_dies_again_is_refused_after_the_first_time() -> None:
    """It cuts at 108, is refused at 109, is back, and cuts at 110."""
    assert steps(cut(1, 108.0), refused(2, 109.0), cut(3, 110.0, 1.2), cut(4, 110.0, 1.2)) is None


def test_requests_that_came_after_the_refusal_were_accepted_anew() -> None:
    assert steps(refused(1, 107.0), cut(2, 110.0, 0.4), cut(3, 110.0, 0.3)) is None


def test_who_was_away_before_may_have_died_again() -> None:
    """Refused at 105 and at 109: the requests of 1.5 s were accepted in between."""
    assert steps(refused(1, 105.0), refused(2, 109.0), cut(3, 110.0), cut(4, 110.0, 1.6)) is None


def test_a_capture_tells_it_better() -> None:
    told = scene_of(refused(1, 109.0), cut(2, 110.0), cut(3, 110.0))
    wire = summarise((conversation(109.5, Outcome.REFUSED),)).target("10.0.0.7:8080")
    assert steps_in_seconds(told) is not None
    assert steps_in_seconds(Scene(told.case, told.cluster, None, wire, (), told.others)) is None


def test_a_log_of_milliseconds_is_not_looked_at() -> None:
    """`facts.stopping` does, with the moments that it tells."""
    assert steps(refused(1, 109.25), cut(2, 110.25), cut(3, 110.27)) is None
