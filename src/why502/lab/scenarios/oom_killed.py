"""Every request leaves two megabytes behind, until the limit of the control group is reached and the kernel kills the
service with requests in flight. A supervisor starts it again.

The healthy twin has the same limit and leaves nothing behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.expectation import Expected
from why502.lab.limits import Limits
from why502.lab.scenarios import crash_loop
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
from why502.lab.service import service

if TYPE_CHECKING:
    from why502.lab.load import Outcomes

LIMITS = Limits(memory_bytes=96 << 20)
LEAK = 2 << 20
"""Bytes a request: after some forty requests the limit is reached."""


def expectation(_outcomes: Outcomes) -> tuple[Expected, ...]:
    return (Expected(crash_loop.CAUSE, because=("oom-killed",)),)


SCENARIO = Scenario(
    name="oom-killed",
    title="the kernel kills the service at the memory limit of its control group",
    causes=(crash_loop.CAUSE,),
    proxies=EVERY_PROXY,
    faulty=service(*crash_loop.WORK, "--leak", str(LEAK), limits=LIMITS),
    healthy=service(*crash_loop.WORK, limits=LIMITS),
    pages=crash_loop.pages,
    acts={"look": crash_loop.look},
    healthy_acts={"look": crash_loop.look},
    also_true=frozenset({"connection-refused"}),
    expectation=expectation,
    duration_s=9.0,
)
