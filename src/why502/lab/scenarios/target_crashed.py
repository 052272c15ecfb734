"""The service dies by SIGKILL with several requests in flight; it is started again a second later.

In the healthy twin it lives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service
from why502.lab.visits import Visits, with_cues_during

if TYPE_CHECKING:
    from why502.lab.load import Page
    from why502.lab.stage import Stage

DOWN_S = 0.7
SERVICE = service("--work", "0.15")


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    visits = Visits(size=(5, 9), answer_s=0.25).pages(seed, duration_s)
    return with_cues_during(visits, {0.3: "crash", 0.7: "crash"}, after_s=0.1)


def crash(stage: Stage) -> None:
    """The supervisor takes its time."""
    stage.target.crash()
    stage.pause(DOWN_S)
    stage.target.start()


SCENARIO = Scenario(
    name="target-crashed",
    title="the service is killed with requests in flight, and started again",
    proxies=EVERY_PROXY,
    faulty=SERVICE,
    healthy=SERVICE,
    pages=pages,
    acts={"crash": crash},
    also_true=frozenset({"connection-refused"}),
)
