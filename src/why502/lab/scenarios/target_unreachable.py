"""For some seconds the network says that the target cannot be reached: by ICMP, or because there is no route.

Half of the answers end their connection, so that new ones are needed all the time. The limit for ICMP errors
(`icmp_ratelimit`: six at once, then one a second) is lifted, so that every SYN is answered by one.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from why502.lab import filtering, routing
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service
from why502.lab.visits import Visits, with_cues

if TYPE_CHECKING:
    from why502.lab.load import Page
    from why502.lab.stage import Stage

SYN = "tcp dport 8080 tcp flags & (syn | ack) == syn"
RULES = (f"{SYN} reject with icmp type host-unreachable", f"{SYN} reject with icmp type admin-prohibited")
WAYS = 3

SERVICE = replace(service("--close-share", "0.5"), sysctls={"net.ipv4.icmp_ratelimit": "0"})


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return with_cues(Visits(answer_s=0.2).pages(seed, duration_s), {0.3: "begin", 0.7: "end"})


def begin(stage: Stage) -> None:
    way = stage.seed % WAYS
    if way < len(RULES):
        filtering.add(stage.ends.target, "input", RULES[way])
    else:
        stage.ends.proxy.call(partial(routing.make_unreachable, stage.ends.target.address))


def end(stage: Stage) -> None:
    filtering.clear(stage.ends.target)
    stage.ends.proxy.call(partial(routing.make_reachable, stage.ends.target.address))


SCENARIO = Scenario(
    name="target-unreachable",
    title="ICMP says that the target cannot be reached, or there is no route",
    proxies=EVERY_PROXY,
    faulty=SERVICE,
    healthy=SERVICE,
    pages=pages,
    acts={"begin": begin, "end": end},
)
