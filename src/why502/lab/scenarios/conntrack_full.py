"""The target's host has a stateful firewall, and its connection-tracking table is full for some seconds: the first
packet of each new flow is dropped, by the kernel itself. The limit is the machine's own, and stays as it is.

In the healthy twin the table has room for a tenth of its entries all the time. Half of the answers end their
connection, so that new ones are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab import filtering, tracking
from why502.lab.expectation import Expected
from why502.lab.proxies import ProxySettings
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.servers.tracked_flows import BUSY
from why502.lab.service import service
from why502.lab.visits import Visits, with_cues

if TYPE_CHECKING:
    from why502.lab.load import Outcomes, Page
    from why502.lab.stage import Stage

CAUSE = "packets-dropped"
SERVICE = service("--close-share", "0.5", companions=("why502.lab.servers.tracked_flows",))
STATEFUL = ("ct state invalid drop", "ct state established,related accept")
NEARLY_BUSY = BUSY - 0.01
EMPTY = 0.01


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return with_cues(Visits(answer_s=0.8).pages(seed, duration_s), {0.0: "track", 0.25: "fill", 0.75: "empty"})


def track(stage: Stage) -> None:
    """Before the first connection; later the kernel would take up what is established as new."""
    filtering.add(stage.ends.target, "input", *STATEFUL)
    tracking.until_taken(stage.ends.target, NEARLY_BUSY)


def fill(stage: Stage) -> None:
    stage.target.tell_companions(knows=False)
    tracking.until_taken(stage.ends.target, 1.0, 2.0)


def empty(stage: Stage) -> None:
    stage.target.tell_companions(knows=True)
    tracking.until_taken(stage.ends.target, 0.0, EMPTY)


def expectation(_outcomes: Outcomes) -> tuple[Expected, ...]:
    return (Expected(CAUSE, because=("conntrack-full",)),)


SCENARIO = Scenario(
    name="conntrack-full",
    title="the connection-tracking table of the target's host is full for some seconds",
    causes=(CAUSE,),
    proxies=EVERY_PROXY,
    faulty=SERVICE,
    healthy=SERVICE,
    pages=pages,
    acts={"track": track, "fill": fill, "empty": empty},
    healthy_acts={"track": track, "empty": empty},
    proxy=ProxySettings(connect_timeout_s=7.5),
    lacking=tracking.lacking,
    expectation=expectation,
    duration_s=10.0,
)
