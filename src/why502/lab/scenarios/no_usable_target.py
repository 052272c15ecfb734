"""The proxy has no target to choose: none is registered (ALB), or all that it has failed a moment ago (nginx).

With nginx the service is down when it begins; the first requests are refused, and then nginx leaves its targets
alone for `fail_timeout`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.proxies import ProxySettings
from why502.lab.scenarios.interface import Scenario
from why502.lab.service import service
from why502.lab.visits import Visits, with_cues

if TYPE_CHECKING:
    from why502.lab.load import Page
    from why502.lab.stage import Stage


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return with_cues(Visits().pages(seed, duration_s), {0.3: "leave", 0.6: "return"})


def leave(stage: Stage) -> None:
    """Out of rotation first, so that nothing is refused where the proxy listens to that."""
    stage.proxy.deregister()
    stage.target.stop()


def come_back(stage: Stage) -> None:
    stage.target.start()
    stage.proxy.register()


SCENARIO = Scenario(
    name="no-usable-target",
    title="no target is registered, or all of them failed a moment ago",
    proxies=("nginx", "alb", "haproxy"),
    faulty=service("--close-share", "0.5"),
    healthy=service("--close-share", "0.5"),
    pages=pages,
    acts={"leave": leave, "return": come_back},
    proxy=ProxySettings(times_listed=2),
    also_true=frozenset({"connection-refused"}),
)
