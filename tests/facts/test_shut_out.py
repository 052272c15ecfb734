from __future__ import annotations

import pytest

from tests.making import case, log_input, request, served
from why502.facts.clusters import clusters
from why502.facts.scene import Scene
from why502.facts.shut_out import ShutOut, shut_out
from why502.model.case import ACCEPT_FAILED, Case, KernelEvent
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request, Side


def gone(at_s: float, **fields: object) -> Request:
    """A client that left; its request came to no target."""
    left = {"status": 499, "side": Side.CLIENT, "phase": Phase.UNKNOWN, "manner": Manner.GONE, "target": None}
    return request(at_s, **{"proxy": "nginx", "total_s": 0.001, **left, **fields})


def found(*requests: Request, failed_s: tuple[float, ...] = (100.0, 101.0), off_s: float = 0.0) -> ShutOut | None:
    events = tuple(KernelEvent(at_s + off_s, ACCEPT_FAILED, Place("error.log", n)) for n, at_s in enumerate(failed_s))
    known = Case(inputs=(log_input(),), traffic=case(served(0.0), *requests).traffic, events=events)
    cluster = next(c for c in clusters(known, []) if c.manner is Manner.GONE)
    return shut_out(Scene(case=known, cluster=cluster, traffic=None, wire=None, listeners=()))


def test_clients_that_leave_as_nobody_is_let_in() -> None:
    """Logged as gone within a second after the proxy could not take connections."""
    out = found(gone(101.5), gone(102.0))
    assert out is not None
    assert (out.left, out.timed, out.failed) == (2, True, 2)
    assert out.within(100.0, 103.0)
    assert not out.within(100.0, 101.9)
    assert not out.within(None, None)


def test_a_log_without_durations_is_told_as_such() -> None:
    """Nothing shows then that they were not let in."""
    out = found(gone(101.5, total_s=None))
    assert out is not None
    assert not out.timed


@pytest.mark.parametrize(
    "one",
    [gone(101.5, total_s=3.0), gone(101.5, target="10.0.0.7:8080"), gone(160.0)],
    ids=["let in", "a target was asked", "another time"],
)
def test_clients_that_left_for_other_reasons(one: Request) -> None:
    """Each differs from a client that was shut out in one thing."""
    assert found(one) is None


def test_without_such_a_word_nothing_is_told() -> None:
    """Nobody said that connections could not be taken."""
    assert found(gone(101.5), failed_s=()) is None


def test_an_error_log_in_local_time_is_moved_as_its_failures_were() -> None:
    """Two hours: the failure on the line beside it tells."""
    refused = request(100.5, manner=Manner.EXHAUSTED, phase=Phase.CONNECT, reason_at=Place("error.log", 2))
    assert found(gone(101.5), refused, off_s=-7200.0) is not None
    assert found(gone(101.5), off_s=-7200.0) is None
