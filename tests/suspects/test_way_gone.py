from __future__ import annotations

from msgspec import structs

from tests.making import conversation, request
from why502.facts.clusters import clusters
from why502.facts.scene import Scene
from why502.facts.traffic import summarise as traffic_of
from why502.facts.wire import summarise as wire_of
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome
from why502.model.requests import Manner, Phase
from why502.suspects.way_gone import way_gone

SERVED = (conversation(50.0, Outcome.ANSWERED), conversation(9_000.0, Outcome.ANSWERED))


def scene(*conversations: Conversation, connects: Manner = Manner.UNKNOWN, connect_at_s: float = 115.0) -> Scene:
    """A request that waited in vain from 100 s on, and a connect that failed, by the log."""
    silent = structs.replace(request(100.0), phase=Phase.WAIT, manner=Manner.TIMEOUT, start_s=100.0, total_s=12.0)
    failed = structs.replace(request(connect_at_s), phase=Phase.CONNECT, manner=connects)
    case = Case(traffic=traffic_of([silent, failed]), wire=wire_of((*SERVED, *conversations)))
    found = clusters(case, [])
    cluster = next(c for c in found if c.phase is Phase.WAIT and c.logged)
    assert case.wire is not None
    others = tuple(c for c in found if c is not cluster)
    return Scene(case, cluster, None, case.wire.target(cluster.target), (), others)


def test_connects_of_which_nothing_left_tell_that_there_was_no_way() -> None:
    [found] = way_gone(scene(), -5.0)
    assert found.bits == -5.0


def test_so_do_connects_that_were_told() -> None:
    assert len([*way_gone(scene(connects=Manner.UNREACHABLE), 7.0)]) == 1


def test_a_slow_target_makes_a_proxy_run_out_of_ports_and_its_requests_are_on_the_wire() -> None:
    waits = conversation(100.0, Outcome.NOT_ANSWERED, exchanges=2)
    assert not [*way_gone(scene(waits), 7.0)]


def test_a_way_that_was_gone_at_another_time_explains_nothing() -> None:
    assert not [*way_gone(scene(connect_at_s=4_000.0), 7.0)]
