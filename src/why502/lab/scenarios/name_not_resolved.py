"""The target's name is not known for some seconds: the name server says that there is no such name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.proxies import ProxySettings
from why502.lab.scenarios.interface import Scenario
from why502.lab.service import service
from why502.lab.visits import Visits, with_cues

if TYPE_CHECKING:
    from why502.lab.load import Page
    from why502.lab.stage import Stage

SERVICE = service(companions=("why502.lab.servers.names",))


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return with_cues(Visits().pages(seed, duration_s), {0.3: "forget", 0.7: "know"})


def forget(stage: Stage) -> None:
    stage.target.tell_companions(knows=False)


def know(stage: Stage) -> None:
    stage.target.tell_companions(knows=True)


SCENARIO = Scenario(
    name="name-not-resolved",
    title="the name server does not know the target's name for some seconds",
    proxies=("nginx",),
    faulty=SERVICE,
    healthy=SERVICE,
    pages=pages,
    acts={"forget": forget, "know": know},
    proxy=ProxySettings(resolves=True),
)
