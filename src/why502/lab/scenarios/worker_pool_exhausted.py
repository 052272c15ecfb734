"""Two workers, and pages of a dozen requests that take a third of a second each: the last ones wait for a free worker
for longer than the proxy waits for them. Each single request is fast.

The healthy twin has workers enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.proxies import ProxySettings
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Page


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return Visits(size=(3, 12), idle_s=(0.2, 0.6), answer_s=1.0).pages(seed, duration_s)


SCENARIO = Scenario(
    name="worker-pool-exhausted",
    title="two workers for a dozen requests at once",
    proxies=EVERY_PROXY,
    faulty=service("--workers", "2", "--work", "0.35"),
    healthy=service("--workers", "64", "--work", "0.35"),
    pages=pages,
    proxy=ProxySettings(read_timeout_s=6.0),
    duration_s=9.0,
)
