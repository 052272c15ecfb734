"""Some answers take longer than the proxy waits. There are workers enough, nothing else waits.

In the healthy twin the same answers take a third of the proxy's patience.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.proxies import ProxySettings
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import misbehaving
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Page


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return Visits(answer_s=0.6).pages(seed, duration_s)


SCENARIO = Scenario(
    name="target-too-slow",
    title="one answer in ten takes twice as long as the proxy waits",
    proxies=EVERY_PROXY,
    faulty=misbehaving("slow", 0.1, "--slow", "3"),
    healthy=misbehaving("slow", 0.1, "--slow", "0.5"),
    pages=pages,
    proxy=ProxySettings(read_timeout_s=7.5),
    duration_s=8.0,
)
