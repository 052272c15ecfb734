"""The service needs ten milliseconds of processor time for each request, and its control group grants it five of each
hundred: it is throttled, and its answers come too late. The machine around it is idle.

The healthy twin does the same work without a quota.
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

CAUSE = "target-too-slow"
BURNS = ("--work", "0.01", "--work-spread", "0", "--burn", "0.01")


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return Visits(size=(3, 12), idle_s=(0.2, 0.6), answer_s=1.5).pages(seed, duration_s)


def expectation(_outcomes: Outcomes) -> tuple[Expected, ...]:
    return (Expected(CAUSE, because=("cpu-saturated",)),)


SCENARIO = Scenario(
    name="cpu-throttled",
    title="a control group grants 5 % of a processor, and the answers come too late",
    causes=(CAUSE,),
    proxies=EVERY_PROXY,
    faulty=service(*BURNS, limits=Limits(cpu_cores=0.05)),
    healthy=service(*BURNS),
    pages=pages,
    proxy=ProxySettings(read_timeout_s=6.0),
    also_true=frozenset({"worker-pool-exhausted"}),
    expectation=expectation,
    duration_s=10.0,
)
