"""The proxy's host has twelve ports for connections of its own, and pages of up to 24 requests come at once.

The proxy's host is recorded beside the target's. The healthy twin has as many ports as by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.expectation import Expected
from why502.lab.proxies import ProxySettings
from why502.lab.scenarios import proxy_exhausted
from why502.lab.scenarios.interface import Scenario
from why502.lab.service import service

if TYPE_CHECKING:
    from why502.lab.load import Outcomes

CAUSE = "proxy-exhausted"


def expectation(_outcomes: Outcomes) -> tuple[Expected, ...]:
    return (Expected(CAUSE, because=("ports-exhausted",)),)


SCENARIO = Scenario(
    name="ports-exhausted",
    title="12 ephemeral ports at the proxy for bursts of 24 requests",
    causes=(CAUSE,),
    proxies=("nginx",),
    faulty=service("--work", "0.1"),
    healthy=service("--work", "0.1"),
    pages=proxy_exhausted.pages,
    proxy=ProxySettings(local_ports="40000 40011"),
    healthy_proxy=ProxySettings(),
    expectation=expectation,
    both_hosts=True,
)
