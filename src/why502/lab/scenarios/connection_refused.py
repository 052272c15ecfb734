"""Nobody listens on the target's port for a while: the service starts late, or was stopped and stays down.

In the healthy twin it is there all the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service
from why502.lab.visits import Visits, with_cues

if TYPE_CHECKING:
    from why502.lab.load import Page
    from why502.lab.stage import Stage

ENDS_SOME = service("--close-share", "0.5")
"""Half of its answers end their connection, so that new ones are needed all the time."""


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return with_cues(Visits().pages(seed, duration_s), {0.4: "start", 0.7: "stop"})


def start(stage: Stage) -> None:
    stage.target.start()


def stop(stage: Stage) -> None:
    """It ends in order: what is idle is closed, nothing is in flight."""
    if stage.seed % 2:
        stage.target.stop()


SCENARIO = Scenario(
    name="connection-refused",
    title="nobody listens for some seconds",
    proxies=EVERY_PROXY,
    faulty=service("--close-share", "0.5", starts=False),
    other_faulty=(ENDS_SOME,),
    healthy=ENDS_SOME,
    pages=pages,
    acts={"start": start, "stop": stop},
)
