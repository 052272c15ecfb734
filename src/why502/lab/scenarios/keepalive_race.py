"""The target closes idle connections after 0.6 s, and the next request comes just then.

The closing FIN and the request cross on the wire, within one round trip of some milliseconds. The load returns at
that moment again and again, some milliseconds early or late; most attempts miss the window, some hit it.

The healthy twin keeps idle connections for longer than the proxy does.
"""

from __future__ import annotations

import random

from why502.lab.load import Fetch, Page
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario
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
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    count = int(duration_s / (IDLE_S + WORK_S))
    return tuple(_page(chance) for _ in range(count))


def _page(chance: random.Random) -> Page:
    starts_s = (chance.uniform(0, SPREAD_S) for _ in range(REQUESTS))
    fetches = tuple(Fetch("POST", "/api/orders", after_s, 300) for after_s in starts_s)
    return Page(IDLE_S - EARLY_S - LEAD_S, fetches)


SCENARIO = Scenario(
    name="keepalive-race",
    title="the target closes idle connections just as the next request comes",
    proxies=EVERY_PROXY,
    faulty=service("--idle-timeout", f"{IDLE_S}", "--work", f"{WORK_S}", "--work-spread", "0"),
    healthy=service("--work", f"{WORK_S}", "--work-spread", "0"),
    pages=pages,
    duration_s=9.0,
)
