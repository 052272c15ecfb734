from __future__ import annotations

from tests.making import conversation, request
from why502.facts.clusters import clusters
from why502.facts.scene import Scene
from why502.facts.traffic import summarise as traffic_of
from why502.facts.wire import summarise as wire_of
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome
from why502.suspects.unseen import no_end_on_the_wire


def scene(*conversations: Conversation) -> Scene:
    """A request that was cut off at 100 s, by the log."""
    case = Case(traffic=traffic_of([request(100.0)]), wire=wire_of(conversations))
    cluster = next(c for c in clusters(case, []) if c.logged)
    assert case.wire is not None
    return Scene(case, cluster, None, case.wire.target(cluster.target), ())


SERVED = (conversation(50.0, Outcome.ANSWERED), conversation(150.0, Outcome.ANSWERED))


def test_what_was_never_sent_was_not_cut_off() -> None:
    [found] = no_end_on_the_wire(scene(*SERVED), -5.0)
    assert found.bits == -5.0


def test_a_capture_of_another_time_tells_nothing() -> None:
    assert not list(no_end_on_the_wire(scene(SERVED[0]), -5.0))


def test_nor_does_one_with_ends_that_were_not_joined() -> None:
    cut_off = conversation(120.0, Outcome.RACED, exchanges=2, idle_before_request_s=5.0)
    assert not list(no_end_on_the_wire(scene(*SERVED, cut_off), -5.0))
