"""A deployment that does not drain: the service is told to stop while it is in rotation, and some requests take longer
than its grace period. Then the service manager kills it and starts the new release.

The service itself does what servers do at SIGTERM: it closes its listener and its idle connections, and finishes what
it has. Real servers do so in their own ways; Node.js without a handler for the signal is gone at once.

In the healthy twin it is taken out of rotation between two pages, and finishes what it has.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from msgspec import structs

from why502.lab.load import Fetch
from why502.lab.real_servers import NEVER_S, REAL_SERVERS
from why502.lab.scenarios.interface import EVERY_PROXY, Scenario, Variant
from why502.lab.service import service
from why502.lab.stage import Stage, restart_gracefully
from why502.lab.visits import Visits, with_cues

if TYPE_CHECKING:
    from why502.lab.load import Page

SLOW = "/api/report"
SLOW_S = 2.2
"""As the real servers' own `report` takes (tests/servers)."""
SLOW_REQUESTS = (2, 5)
TOLD_S = 0.2
"""After the page was opened: its requests are at work by then."""
GRACE_S = 1.4
"""gunicorn's threads look once a second whether they are to stop."""
LATE_S = (0.25, 1.5)
"""Requests that come while the service is stopping."""
LATE_REQUESTS = 5
OPTIONS = ("--work", "0.1", "--slow-path", SLOW, "--slow", f"{SLOW_S}")


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """Each twin acts upon a cue of its own."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    visits = Visits(size=(5, 9), answer_s=0.25).pages(seed, duration_s)
    number = int(0.4 * len(visits))
    page = visits[number]
    slow = (Fetch("POST", SLOW, chance.uniform(0, 0.15), 300) for _ in range(chance.randint(*SLOW_REQUESTS)))
    late = (Fetch("GET", f"/api/orders?page={n}", chance.uniform(*LATE_S)) for n in range(LATE_REQUESTS))
    busy = structs.replace(page, fetches=(*page.fetches, *slow, *late), cue_during=(TOLD_S, "redeploy"))
    return with_cues((*visits[:number], busy, *visits[number + 1 :]), {0.6: "restart-gracefully"})


def redeploy(stage: Stage) -> None:
    stage.recording.note_change("deployed version 1.4.2")
    stage.target.redeploy(GRACE_S)


SERVERS = {
    name: Variant(REAL_SERVERS[name].setup(NEVER_S), REAL_SERVERS[name].setup(NEVER_S), pages, REAL_SERVERS[name])
    for name in ("gunicorn", "uvicorn", "node")
}


SCENARIO = Scenario(
    name="target-restarted",
    title="a deployment ends the service with requests in flight",
    proxies=EVERY_PROXY,
    faulty=service(*OPTIONS),
    healthy=service(*OPTIONS),
    pages=pages,
    acts={"redeploy": redeploy},
    healthy_acts={"restart-gracefully": restart_gracefully},
    also_true=frozenset({"connection-refused"}),
    servers=SERVERS,
)
