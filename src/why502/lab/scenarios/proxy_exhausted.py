"""The proxy itself runs out, in bursts: of descriptors, or of ports for its own connections. The service is idle.

The healthy twin has as many as by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.proxies import ProxySettings
from why502.lab.scenarios.interface import Scenario
from why502.lab.service import service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Page


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """Bursts of up to 24 requests: twice as many descriptors, and as many ports."""
    return Visits(size=(4, 24), idle_s=(0.3, 0.7)).pages(seed, duration_s)


SCENARIO = Scenario(
    name="proxy-exhausted",
    title="12 ports or 45 descriptors for bursts of 24 requests",
    proxies=("nginx",),
    faulty=service("--work", "0.1"),
    healthy=service("--work", "0.1"),
    pages=pages,
    proxy=ProxySettings(descriptors=45),
    other_proxy=(ProxySettings(local_ports="40000 40011"),),
    healthy_proxy=ProxySettings(),
)
