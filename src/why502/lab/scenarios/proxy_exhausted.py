"""The proxy itself runs out: of connections or of descriptors, in bursts. The service is idle.

The healthy twin may have as many as by default.
"""

from __future__ import annotations

from why502.lab.load import Page
from why502.lab.proxies import ProxySettings
from why502.lab.scenarios.interface import Scenario
from why502.lab.service import service
from why502.lab.visits import Visits


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """Bursts of up to 24 requests: twice as many connections."""
    return Visits(size=(4, 24), idle_s=(0.3, 0.7), spread_s=0.01).pages(seed, duration_s)


SCENARIO = Scenario(
    name="proxy-exhausted",
    title="a proxy that may open 40 connections, for bursts of 24 requests",
    proxies=("nginx",),
    faulty=service("--work", "0.1"),
    healthy=service("--work", "0.1"),
    pages=pages,
    proxy=ProxySettings(connections=40),
    healthy_proxy=ProxySettings(),
)
