"""The header of some answers is larger than a proxy takes: a session cookie that has grown."""

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
    name="response-headers-too-large",
    title="one answer in eight has a header of 40 kB",
    proxies=("nginx", "alb", "haproxy", "apache", "varnish"),  # Caddy and Traffic Server take 40 kB
    faulty=misbehaving("large-headers", 0.12),
    healthy=service(),
    pages=pages,
)
