"""Large packets vanish on the way for some seconds, and no ICMP tells: a tunnel with a smaller MTU behind a firewall
that swallows ICMP. Handshakes and small answers pass.

In the healthy twin nothing vanishes.
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

LARGE = "tcp sport 8080 meta length > 700 drop"


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return with_cues(Visits(answer_s=0.5).pages(seed, duration_s), {0.3: "filter", 0.75: "clear"})


def begin(stage: Stage) -> None:
    filtering.add(stage.ends.target, "output", LARGE)


def end(stage: Stage) -> None:
    filtering.clear(stage.ends.target)


SCENARIO = Scenario(
    name="path-mtu-black-hole",
    title="packets above 700 bytes vanish, silently",
    proxies=EVERY_PROXY,
    faulty=service(),
    healthy=service(),
    pages=pages,
    acts={"filter": begin, "clear": end},
    proxy=ProxySettings(read_timeout_s=7.5),
    duration_s=9.0,
)
