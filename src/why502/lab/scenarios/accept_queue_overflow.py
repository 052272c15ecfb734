"""The article's case: a service keeps only the first digit of its backlog, so that its accept queue holds two.

The kernel of the target has `somaxconn` 128; the service makes 1 of it. Its acceptor is now and then late, by tens
of milliseconds or by seconds. As long as pooled connections serve, nobody notices; after an idle spell or a restart
one page opens many connections at once, and then each of the three faces of the overflow shows by itself: SYNs
dropped (delays in steps of 1 s, connect timeouts), final ACKs dropped, and over SYN cookies the reset within
milliseconds of any request that leaves in two segments.

The healthy twin has a backlog of 4096 and everything else alike, the late acceptor included.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from why502.lab.expectation import Expected
from why502.lab.load import Fetch, Page
from why502.lab.real_servers import DROPWIZARD, DROPWIZARD_FIXED, RealServer
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario, Variant
from why502.lab.target import TargetSetup

if TYPE_CHECKING:
    from why502.lab.load import Outcomes

SERVER = "why502.lab.servers.first_digit_api"
TARGET_IDLE_S = 30.0
"""Dropwizard's default `idleTimeout`; less than the load balancer's 60 s, as in real life."""

WITH_BODY = frozenset({1, 3, 4})
"""Which of five requests have a body."""

STALL_S = 10.5
"""The acceptor's longest pauses last 1 to 1.3 times this: a little longer than a connect timeout of 10 s."""


def _arguments(scale: float) -> tuple[str, ...]:
    return ("--idle-timeout", f"{TARGET_IDLE_S * scale:g}", "--stall", f"{STALL_S * scale:g}")


def _roomy_arguments(scale: float) -> tuple[str, ...]:
    return (*_arguments(scale), "--accept-queue-size", "4096")


def pages(seed: int, duration_s: float, scale: float) -> tuple[Page, ...]:
    """Visits until the time is over: a cold page, some warm ones, then silence.

    The first silence is short and holds the restart of the service. The others outlast the target's idle timeout
    by a good deal: a request just as the target closes would be another fault, the keep-alive race.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    planned: list[Page] = []
    left_s, idle_s, restart = duration_s, 0.5, False
    while left_s > 0:
        visit = [_page(chance, idle_s, restart=restart)]
        visit += [_page(chance, chance.uniform(0.2, 0.5)) for _ in range(chance.randint(5, 7))]
        planned += visit
        left_s -= sum(page.idle_before_s for page in visit) + _EXPECTED_TROUBLE_S
        restart = len(planned) == len(visit)
        idle_s = 3.0 if restart else chance.uniform(1.2, 1.5) * TARGET_IDLE_S * scale
    return tuple(planned)


_EXPECTED_TROUBLE_S = 2.0
"""About what the late acceptor adds to a visit."""


def _page(chance: random.Random, idle_s: float, *, restart: bool = False) -> Page:
    """Three quarters of the requests start at once, the others when the browser has read those."""
    cold = idle_s >= 1
    size = 12 if cold else chance.randint(5, 9)
    later_s = chance.uniform(0.020, 0.070)
    starts_s = (0.0 if number < size * 3 / 4 else later_s for number in range(size))
    return Page(idle_s, tuple(_fetch(chance, *each) for each in enumerate(starts_s)), restart_before=restart)


def _fetch(chance: random.Random, number: int, after_s: float) -> Fetch:
    """A body follows its header after some milliseconds."""
    name = chance.choice(("users", "orders", "stats", "alerts", "menu", "search"))
    if number % 5 not in WITH_BODY:
        return Fetch("GET", f"/api/{name}?page={chance.randint(1, 40)}", after_s)
    body_bytes = chance.choice((300, 600, 2_000, 12_000, 30_000))
    return Fetch("POST", f"/api/{name}", after_s, body_bytes, chance.uniform(0.003, 0.010))


def _dropwizard(server: RealServer) -> TargetSetup:
    """With the kernel's limit of its time."""
    return replace(server.setup(server.idle_s), sysctls={"net.core.somaxconn": "128"})


def expectation(_outcomes: Outcomes) -> tuple[Expected, ...]:
    return (Expected("accept-queue-overflow", because=("backlog-too-small",)),)


SCENARIO = Scenario(
    name="accept-queue-overflow",
    title="a backlog of 1 (the first digit of 128), and now and then a late acceptor",
    proxies=EVERY_PROXY,
    faulty=TargetSetup(SERVER, _arguments, {"net.core.somaxconn": "128"}),
    healthy=TargetSetup(SERVER, _roomy_arguments, {"net.core.somaxconn": "4096"}),
    pages=pages,
    servers={"dropwizard": Variant(_dropwizard(DROPWIZARD), _dropwizard(DROPWIZARD_FIXED), pages, DROPWIZARD)},
    expectation=expectation,
    duration_s=25.0,
    time_scale=0.3,
)
