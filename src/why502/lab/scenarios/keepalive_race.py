"""The target closes idle connections after 0.6 s, and the next request comes just then.

The closing FIN and the request cross on the wire, within one round trip of some milliseconds. The load returns at
that moment again and again, some milliseconds early or late; most attempts miss the window, some hit it.

Only the first request on a connection after a pause can lose: it winds the timer up again. A service that takes its
time keeps many connections busy, so that each page has many such requests, one after the other. A server that answers
at once would get a page like that over one connection, whose first request comes too early. In front of such a server
each page asks for everything at once, on as many connections as it has requests, and the page as a whole comes early
or late.

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
AT_ONCE_S = 0.005
"""So close together are the requests of a page in front of a server that answers at once: all are under way together,
and their connections come of age one after the other."""
REQUESTS = 8
WORK_S = 0.02


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """Pages of non-idempotent requests, which no proxy repeats by itself."""
    return pages_at(IDLE_S, seed, duration_s)


def pages_at(idle_s: float, seed: int, duration_s: float, page_s: float = SPREAD_S) -> tuple[Page, ...]:
    """For a target that closes after `idle_s`: the requests of a page lie within `page_s`, somewhere in `SPREAD_S`."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    count = int(duration_s / (idle_s + WORK_S))
    return tuple(_page(chance, idle_s, page_s) for _ in range(count))


def _page(chance: random.Random, idle_s: float, page_s: float) -> Page:
    begin_s = chance.uniform(0, SPREAD_S - page_s) if page_s < SPREAD_S else 0.0
    starts_s = (begin_s + chance.uniform(0, page_s) for _ in range(REQUESTS))
    fetches = tuple(Fetch("POST", "/api/orders", after_s, 300) for after_s in starts_s)
    return Page(idle_s - EARLY_S - LEAD_S, fetches)


def _at(server: RealServer, seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """As many attempts, if it takes longer."""
    return pages_at(server.idle_s, seed, max(duration_s, duration_s * server.idle_s / IDLE_S), AT_ONCE_S)


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
