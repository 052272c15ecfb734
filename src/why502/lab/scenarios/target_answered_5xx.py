"""Not the gateway: the service itself answers with an error, and the proxy passes it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import misbehaving, service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Page


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return Visits().pages(seed, duration_s)


SCENARIO = Scenario(
    name="target-answered-5xx",
    title="one answer in eight is a 503 of the service itself",
    proxies=EVERY_PROXY,
    faulty=misbehaving("error", 0.12),
    healthy=service(),
    pages=pages,
)
