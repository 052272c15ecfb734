from __future__ import annotations

from tests.making import conversation, request
from why502.facts.clusters import clusters
from why502.facts.scene import Scene
from why502.facts.traffic import summarise as traffic_of
from why502.facts.wire import summarise as wire_of
from why502.model.case import Case
from why502.model.conversations import Conversation, Outcome
from why502.model.requests import Manner, Phase
from why502.suspects.interface import Weighed
from why502.suspects.tls_handshake_failed import judge

STOOD = conversation(100.0, Outcome.ANSWERED, established_s=99.99, bytes_acknowledged=300, end_s=100.0)


def bits(others: list[Conversation]) -> float:
    """For a connect that failed at 100 s as a connection that had stood ended."""
    failed = request(100.0, phase=Phase.CONNECT, manner=Manner.UNKNOWN, connect_s=None, wait_s=None)
    case = Case(traffic=traffic_of([failed]), wire=wire_of([STOOD, *others]))
    assert case.wire is not None
    cluster = next(c for c in clusters(case, []) if c.logged)
    answer = judge(Scene(case, cluster, None, case.wire.target(cluster.target), ()))
    assert isinstance(answer, Weighed)
    return answer.bits


def test_a_connection_that_ended_just_then_was_the_failed_ones() -> None:
    """A few in an hour: another would not have ended within 50 ms by chance."""
    assert bits([conversation(at_s, Outcome.ANSWERED) for at_s in (1.0, 2000.0, 3600.0)]) == 6.0


def test_in_a_busy_capture_some_connection_ends_at_any_time() -> None:
    """Thirty a second."""
    assert bits([conversation(90.0 + n / 30, Outcome.ANSWERED) for n in range(600)]) < 1.0
