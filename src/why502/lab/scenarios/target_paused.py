"""The target's process is stopped for some seconds, twice, as a debugger, a full garbage collection or a paused machine
stop it: its kernel goes on accepting connections and acknowledging requests, and nobody answers.

In the healthy twin nothing stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.expectation import Expected
from why502.lab.proxies import ProxySettings
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service
from why502.lab.visits import Visits, with_cues_during

if TYPE_CHECKING:
    from why502.lab.load import Outcomes, Page
    from why502.lab.stage import Stage

CAUSE = "target-too-slow"
PAUSE_S = 3.5
"""More than two of the proxy's timeouts: what came first and what came meanwhile fail both."""


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    planned = Visits(size=(3, 6), answer_s=0.5).pages(seed, duration_s)
    return with_cues_during(planned, {0.3: "pause", 0.7: "pause"}, after_s=0.005)


def pause(stage: Stage) -> None:
    with stage.target.stopped():
        stage.pause(PAUSE_S)


def expectation(outcomes: Outcomes) -> tuple[Expected, ...]:
    return (Expected(CAUSE, within_s=outcomes.span_of("pause")),)


SCENARIO = Scenario(
    name="target-paused",
    title=f"the target's process stands still for {PAUSE_S} s, twice",
    causes=(CAUSE,),
    proxies=EVERY_PROXY,
    faulty=service(),
    healthy=service(),
    pages=pages,
    acts={"pause": pause},
    proxy=ProxySettings(read_timeout_s=7.5),
    expectation=expectation,
    duration_s=9.0,
)
