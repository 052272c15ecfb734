"""The other end of pooled connections is gone without a word, as after a fail-over or the expiry of a NAT entry.

The target's sockets are destroyed while their resets are swallowed; the proxy finds out with the next requests: by
a reset, or (every other seed) by silence until its timer fires.
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

SWALLOW = "tcp sport 8080 tcp flags & (fin | rst) != 0 drop"


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """Only requests which no proxy repeats by itself."""
    visits = Visits(size=(4, 8), idle_s=(0.3, 0.5), post_share=1.0, answer_s=0.3)
    return with_cues(visits.pages(seed, duration_s), {0.3: "lose", 0.5: "lose", 0.8: "lose"})


def lose(stage: Stage) -> None:
    """With an even seed the resets that answer the next requests are swallowed, too."""
    filtering.add(stage.ends.target, "output", SWALLOW)
    stage.target.forget_connections()
    if stage.seed % 2:
        filtering.clear(stage.ends.target)


SCENARIO = Scenario(
    name="stale-connection",
    title="the other end of pooled connections is gone without a word",
    proxies=EVERY_PROXY,
    faulty=service(),
    healthy=service(),
    pages=pages,
    acts={"lose": lose},
    proxy=ProxySettings(read_timeout_s=7.5),
    duration_s=8.0,
)
