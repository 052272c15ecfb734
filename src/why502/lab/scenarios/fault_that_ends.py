"""A bad release, rolled back after some seconds: while it runs, half of the answers are an end of the connection.

It is deployed in order, out of rotation and between two pages, so that the deployments themselves fail nothing.
In the healthy twin the same deployments happen, and both releases are well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.expectation import Expected
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import misbehaving, service
from why502.lab.visits import Visits, with_cues

if TYPE_CHECKING:
    from why502.lab.load import Outcomes, Page
    from why502.lab.stage import Stage
    from why502.lab.target import TargetSetup

CAUSE = "closed-without-response"
GOOD = service()
BAD = misbehaving("close", 0.5)


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return with_cues(Visits(size=(4, 8)).pages(seed, duration_s), {0.35: "deploy", 0.65: "roll-back"})


def _release(stage: Stage, setup: TargetSetup, text: str) -> None:
    stage.proxy.deregister()
    stage.recording.note_change(text)
    stage.target.become(setup)
    stage.proxy.register()


def deploy_bad(stage: Stage) -> None:
    _release(stage, BAD, "deployed version 1.4.2")


def deploy_good(stage: Stage) -> None:
    _release(stage, GOOD, "deployed version 1.4.2")


def roll_back(stage: Stage) -> None:
    _release(stage, GOOD, "rolled back to version 1.4.1")


def expectation(outcomes: Outcomes) -> tuple[Expected, ...]:
    """All failures, between the deployment and the way back; attempts that were repeated count as well."""
    span_s = outcomes.span_of("deploy", "roll-back")
    return (Expected(CAUSE, failures=outcomes.attempts_within(span_s), within_s=span_s),)


SCENARIO = Scenario(
    name="fault-that-ends",
    title="a bad release closes every other connection until it is rolled back",
    causes=(CAUSE,),
    proxies=EVERY_PROXY,
    faulty=GOOD,
    healthy=GOOD,
    pages=pages,
    acts={"deploy": deploy_bad, "roll-back": roll_back},
    healthy_acts={"deploy": deploy_good, "roll-back": roll_back},
    expectation=expectation,
    duration_s=10.0,
)
