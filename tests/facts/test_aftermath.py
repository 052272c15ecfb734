from __future__ import annotations

from tests.making import case, conversation, request, served
from why502.facts.aftermath import cut_before, was_there
from why502.facts.clusters import candidates, clusters, may_be_same_target
from why502.facts.scene import Scene
from why502.facts.wire import summarise
from why502.model.case import Case
from why502.model.conversations import Outcome
from why502.model.requests import Manner, Phase, Request

CUT = {"start_s": 198.0}


def refused(at_s: float, **fields: object) -> Request:
    return request(at_s, phase=Phase.CONNECT, manner=Manner.REFUSED, connect_s=None, wait_s=None, **fields)


def scene(whole: Case) -> Scene:
    """Of the refused connects, with everything else that may be of their target."""
    found = clusters(whole, ())
    own = next(c for c in found if c.manner is Manner.REFUSED)
    others = tuple(c for c in found if c is not own and may_be_same_target(whole, own, c))
    return Scene(whole, own, None, whole.wire.target(own.target) if whole.wire else None, (), others)


def test_what_was_cut_off_just_before_is_found() -> None:
    found = cut_before(scene(case(request(199.0, **CUT), request(199.1, **CUT), refused(200.0))))
    assert found is not None
    assert found.requests == 2


def test_what_was_cut_off_after_the_first_refusal_does_not_count() -> None:
    """A log of milliseconds; a second is left to those that round."""
    assert cut_before(scene(case(refused(200.0), request(202.0, **CUT)))) is None


def test_what_had_begun_before_and_ended_while_connects_were_refused_counts() -> None:
    """Who is told to stop closes the listener first, and lets the rest go on for a while."""
    found = cut_before(scene(case(refused(200.0), request(202.0, **CUT), refused(203.0))))
    assert found is not None
    assert (found.requests, found.meanwhile) == (1, 1)
    assert "some time after" in found.when
    assert cut_before(scene(case(refused(200.0), request(202.0, start_s=200.5), refused(203.0)))) is None


def test_a_lost_race_is_no_request_at_work() -> None:
    """A target that lives on closes idle connections as well."""
    raced = conversation(199.0, Outcome.RACED, exchanges=1)
    reset = conversation(200.0, Outcome.REFUSED)
    assert cut_before(scene(Case(wire=summarise([raced, reset])))) is None


def test_a_line_without_an_address_is_of_the_only_target_that_the_log_names() -> None:
    """Caddy's `EOF` names none; with two targets it may be of either."""
    nameless = {"target": None, "manner": Manner.CLOSED, "proxy": "caddy", **CUT}
    one = refused(200.0, proxy="caddy")
    assert cut_before(scene(case(request(199.0, **nameless), one))) is not None
    elsewhere = served(150.0, target="10.0.0.8:8080", proxy="caddy")
    assert cut_before(scene(case(elsewhere, request(199.0, **nameless), one))) is None


def test_a_log_tells_whether_the_target_was_there_before_and_after() -> None:
    assert was_there(scene(case(served(100.0), refused(200.0), served(300.0)))) == (True, True)
    assert was_there(scene(case(served(100.0), refused(200.0)))) == (True, False)
    assert was_there(scene(case(refused(200.0)))) == (False, False)


def test_what_came_back_may_have_another_address() -> None:
    """A new pod; another service on another port tells nothing."""
    elsewhere = served(300.0, target="10.0.0.9:8080")
    assert was_there(scene(case(served(100.0), refused(200.0), elsewhere))) == (True, True)
    other_port = served(300.0, target="10.0.0.9:9090")
    assert was_there(scene(case(served(100.0), refused(200.0), other_port))) == (True, False)


def test_whoever_may_be_of_the_same_target_is_among_the_candidates() -> None:
    """Of a thousand targets that fail not everyone is compared with everyone."""
    named = [refused(200.0 + number, target=f"10.0.0.{number}:8080", proxy="caddy") for number in (7, 8)]
    nameless = request(199.0, target=None, manner=Manner.CLOSED, proxy="caddy", **CUT)
    other_kind = request(190.0, target="10.0.0.7:8080", proxy="caddy")
    for requests in (named[:1], [*named, other_kind], [named[0], other_kind, nameless], [*named, other_kind, nameless]):
        whole = case(*requests)
        found = clusters(whole, ())
        near = candidates(found)
        for own in found:
            same = [c for c in found if c is not own and may_be_same_target(whole, own, c)]
            assert [c for c in near(own) if may_be_same_target(whole, own, c)] == same
    assert len(near(next(c for c in found if c.target == "10.0.0.8:8080"))) == 1, "the nameless one"
