"""For some seconds the network says that the target cannot be reached (ICMP), or the proxy's host has no route to it.
"""

from __future__ import annotations

from why502.lab import filtering
from why502.lab.load import Page
from why502.lab.scenarios.interface import Scenario
from why502.lab.service import service
from why502.lab.stage import Stage
from why502.lab.visits import Visits, with_cues

RULE = "tcp dport 8080 tcp flags & (syn | ack) == syn reject with icmp type {kind}"
KINDS = ("host-unreachable", "admin-prohibited", "net-unreachable")


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return with_cues(Visits(answer_s=0.4).pages(seed, duration_s), {0.3: "filter", 0.75: "clear"})


def begin(stage: Stage) -> None:
    kind = KINDS[stage.seed % len(KINDS)]
    filtering.add(stage.ends.target, "input", RULE.format(kind=kind))


def end(stage: Stage) -> None:
    filtering.clear(stage.ends.target)


SCENARIO = Scenario(
    name="target-unreachable",
    title="ICMP says that the target cannot be reached, or there is no route",
    proxies=("nginx", "alb"),
    faulty=service("--close-share", "0.5"),
    healthy=service("--close-share", "0.5"),
    pages=pages,
    acts={"filter": begin, "clear": end},
)
