"""Some answers end before the length that they announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.scenarios.interface import Scenario
from why502.lab.service import misbehaving, service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Page


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return Visits().pages(seed, duration_s)


SCENARIO = Scenario(
    name="response-truncated",
    title="one answer in eight ends after a quarter of its length",
    proxies=("nginx", "haproxy", "apache", "caddy", "varnish", "trafficserver"),
    faulty=misbehaving("truncate", 0.12),
    healthy=service(),
    pages=pages,
)
