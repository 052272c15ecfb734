"""A firewall at the target's host swallows SYNs for some seconds: all of them, or two of three. The listener is well.

Half of the answers end their connection, so that new ones are needed all the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab import filtering
from why502.lab.proxies import ProxySettings
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service
from why502.lab.visits import Visits, with_cues

if TYPE_CHECKING:
    from why502.lab.load import Page
    from why502.lab.stage import Stage

SYN = "tcp dport 8080 tcp flags & (syn | ack) == syn"
ALL = f"{SYN} drop"
MOST = f"{SYN} numgen random mod 3 < 2 drop"


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return with_cues(Visits(answer_s=0.8).pages(seed, duration_s), {0.25: "filter", 0.75: "clear"})


def begin(stage: Stage) -> None:
    filtering.add(stage.ends.target, "input", MOST if stage.seed % 2 else ALL)


def end(stage: Stage) -> None:
    filtering.clear(stage.ends.target)


SCENARIO = Scenario(
    name="packets-dropped",
    title="a firewall drops SYNs on their way to a healthy listener",
    proxies=EVERY_PROXY,
    faulty=service("--close-share", "0.5"),
    healthy=service("--close-share", "0.5"),
    pages=pages,
    acts={"filter": begin, "clear": end},
    proxy=ProxySettings(connect_timeout_s=7.5),
    duration_s=10.0,
)
