"""The target closes idle connections after 0.6 s, and the next request comes just then.

The closing FIN and the request cross on the wire, within one round trip of some milliseconds. The load returns at
that moment again and again, some milliseconds early or late; most attempts miss the window, some hit it.

The healthy twin keeps idle connections for longer than the proxy does.
"""

from __future__ import annotations

import random
from functools import partial

from why502.lab.load import Fetch, Page
from why502.lab.real_servers import NEVER_S, REAL_SERVERS, RealServer
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario, Variant
from why502.lab.service import service

IDLE_S = 0.6
EARLY_S = 0.025
"""The load begins so long before the moment, and its requests are spread over `SPREAD_S` from then on."""
SPREAD_S = 0.033
LEAD_S = 0.006
"""What lies between the client's clock and the target's: both ways, and two turns of the proxy."""
REQUESTS = 8
WORK_S = 0.02


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """Pages of non-idempotent requests, which no proxy repeats by itself."""
    return pages_at(IDLE_S, seed, duration_s)


def pages_at(idle_s: float, seed: int, duration_s: float) -> tuple[Page, ...]:
    """For a target that closes after `idle_s`."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    count = int(duration_s / (idle_s + WORK_S))
    return tuple(_page(chance, idle_s) for _ in range(count))


def _page(chance: random.Random, idle_s: float) -> Page:
    starts_s = (chance.uniform(0, SPREAD_S) for _ in range(REQUESTS))
    fetches = tuple(Fetch("POST", "/api/orders", after_s, 300) for after_s in starts_s)
    return Page(idle_s - EARLY_S - LEAD_S, fetches)


def _at(server: RealServer, seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """As many attempts, if it takes longer."""
    return pages_at(server.idle_s, seed, max(duration_s, duration_s * server.idle_s / IDLE_S))


SERVERS = {
    server.name: Variant(server.setup(server.idle_s), server.setup(NEVER_S), partial(_at, server), server)
    for server in REAL_SERVERS.values()
}


SCENARIO = Scenario(
    name="keepalive-race",
    title="the target closes idle connections just as the next request comes",
    proxies=EVERY_PROXY,
    faulty=service("--idle-timeout", f"{IDLE_S}", "--work", f"{WORK_S}", "--work-spread", "0"),
    healthy=service("--work", f"{WORK_S}", "--work-spread", "0"),
    pages=pages,
    servers=SERVERS,
    duration_s=9.0,
)
