"""The service dies at every twentieth request, with others in flight, and a supervisor starts it again.

The healthy twin has a supervisor, too, who finds nothing to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from why502.lab.expectation import Expected
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Outcomes, Page
    from why502.lab.stage import Stage

CAUSE = "target-crashed"
WORK = ("--work", "0.1")
LIVES = 20
"""Requests."""
ROUND = 5
"""Pages from one look of the supervisor to the next: some find a dead service."""


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    planned = Visits(size=(4, 8)).pages(seed, duration_s)
    return tuple(structs.replace(p, cue=None if n % ROUND else "look") for n, p in enumerate(planned))


def look(stage: Stage) -> None:
    stage.target.revive()


def expectation(_outcomes: Outcomes) -> tuple[Expected, ...]:
    return (Expected(CAUSE, because=("crash-loop",)),)


SCENARIO = Scenario(
    name="crash-loop",
    title=f"the service dies at every {LIVES}th request, and is started again",
    causes=(CAUSE,),
    proxies=EVERY_PROXY,
    faulty=service(*WORK, "--dies-at", str(LIVES)),
    healthy=service(*WORK),
    pages=pages,
    acts={"look": look},
    healthy_acts={"look": look},
    also_true=frozenset({"connection-refused"}),
    expectation=expectation,
    duration_s=9.0,
)
