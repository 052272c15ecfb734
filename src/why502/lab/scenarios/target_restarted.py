"""A deployment that does not drain: the service is ended by SIGTERM with requests in flight, and started again.

In the healthy twin it is taken out of rotation between two pages, and finishes what it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service
from why502.lab.stage import Stage, restart_gracefully
from why502.lab.visits import Visits, with_cues, with_cues_during

if TYPE_CHECKING:
    from why502.lab.load import Page


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """Each twin acts upon a cue of its own."""
    visits = Visits(size=(5, 9), answer_s=0.25).pages(seed, duration_s)
    return with_cues(with_cues_during(visits, {0.4: "restart-abruptly"}, after_s=0.1), {0.5: "restart-gracefully"})


def restart_abruptly(stage: Stage) -> None:
    stage.recording.note_change("deployed version 1.4.2")
    stage.target.restart()


SCENARIO = Scenario(
    name="target-restarted",
    title="a deployment ends the service with requests in flight",
    proxies=EVERY_PROXY,
    faulty=service("--abrupt", "--work", "0.15"),
    healthy=service("--work", "0.15"),
    pages=pages,
    acts={"restart-abruptly": restart_abruptly},
    healthy_acts={"restart-gracefully": restart_gracefully},
    also_true=frozenset({"connection-refused"}),
)
