"""The service may open 24 files, and needs more for a page of twenty requests: connections that the kernel has made
wait in the accept queue until others end, for longer than the proxy does.

The healthy twin may open a thousand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.expectation import Expected
from why502.lab.limits import Limits
from why502.lab.proxies import ProxySettings
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Outcomes, Page

CAUSE = "worker-pool-exhausted"
"""Accepted by the kernel, queued, and nobody free to take it."""


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return Visits(size=(4, 24), idle_s=(0.2, 0.6), answer_s=0.6).pages(seed, duration_s)


def expectation(_outcomes: Outcomes) -> tuple[Expected, ...]:
    return (Expected(CAUSE, because=("descriptors-exhausted",)),)


SCENARIO = Scenario(
    name="descriptors-exhausted",
    title="24 open files for bursts of 24 requests",
    causes=(CAUSE,),
    proxies=EVERY_PROXY,
    faulty=service("--work", "0.2", limits=Limits(descriptors=24)),
    healthy=service("--work", "0.2", limits=Limits(descriptors=1024)),
    pages=pages,
    proxy=ProxySettings(read_timeout_s=4.0),
    also_true=frozenset({"target-too-slow"}),
    expectation=expectation,
    duration_s=9.0,
)
