from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.making import HERE, case, request, served
from why502.facts.clusters import clusters
from why502.facts.scene import Scene
from why502.facts.workers import Coincidence, coincidence
from why502.model.case import Case, Input, KernelEvent, Window
from why502.model.evidence import Source

if TYPE_CHECKING:
    from why502.model.requests import Request


def found(
    requests: tuple[Request, ...], *events: KernelEvent, kinds: tuple[str, ...] = ("worker-died",)
) -> Coincidence | None:
    seen = Input("access.log", "nginx-access-log", Source.ACCESS_LOG, 1, window=Window(0.0, 3600.0))
    made = case(served(0.0), *requests)
    known = Case(inputs=(seen,), traffic=made.traffic, events=events)
    return coincidence(Scene(case=known, cluster=clusters(known, [])[0], traffic=None, wire=None, listeners=()), kinds)


def died(at_s: float, kind: str = "worker-died", process: str | None = None) -> KernelEvent:
    return KernelEvent(at_s, kind, HERE, process=process)


def test_failures_that_come_with_deaths_are_no_chance() -> None:
    """Three failures an hour, each within a second of one of three deaths."""
    met = found(tuple(request(at_s) for at_s in (100.0, 900.0, 2000.0)), died(99.5), died(901.0), died(2000.0))
    assert met is not None
    assert met.holds
    assert met.p < 1e-6


def test_one_burst_that_met_one_event_is_one_coincidence() -> None:
    """A hundred failures within a second say no more than one."""
    many = found(tuple(request(100.0 + n / 200) for n in range(100)), died(100.0))
    one = found((request(100.0),), died(100.0))
    assert many is not None
    assert one is not None
    assert many.p == pytest.approx(one.p)


def test_failures_elsewhere_are_not_explained() -> None:
    """One of three."""
    met = found(tuple(request(at_s) for at_s in (100.0, 900.0, 2000.0)), died(99.5))
    assert met is not None
    assert not met.holds


@pytest.mark.parametrize(
    ("address", "its"), [(":8080", True), ("0.0.0.0:8080", True), ("8080", True), (":8081", False)]
)
def test_a_queue_is_told_by_its_port(address: str, its: bool) -> None:
    """Of the target 10.0.0.7:8080."""
    full = died(100.0, "queue-full", address)
    assert (found((request(100.0),), full, kinds=("queue-full",)) is not None) is its
