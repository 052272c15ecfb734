"""One request of ten thousand gets an end of the connection instead of an answer. In the healthy twin none does.

HAProxy logs nothing of it: where the client's connection has carried a request before, it ends that one without a
word, so that the client tries again (`abort_keep_alive` in `http_wait_for_response`, src/http_ana.c). Only a capture
shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.expectation import Expected
from why502.lab.load import Fetch, Page
from why502.lab.scenarios.interface import Scenario
from why502.lab.service import service

if TYPE_CHECKING:
    from why502.lab.load import Outcomes

CAUSE = "closed-without-response"
REQUESTS = 10_000
CLIENTS = 8
PAGES = 10
QUICK = ("--work", "0", "--work-spread", "0")


def pages(_seed: int, _duration_s: float, _scale: float) -> tuple[Page, ...]:
    """As many as were promised, however long that takes: each client keeps its connection for a page."""
    times = REQUESTS // (CLIENTS * PAGES)
    fetches = tuple(Fetch("POST", "/api/orders", body_bytes=20, times=times) for _ in range(CLIENTS))
    return tuple(Page(0.05, fetches) for _ in range(PAGES))


def expectation(outcomes: Outcomes) -> tuple[Expected, ...]:
    return (Expected(CAUSE, failures=(outcomes.failed, outcomes.failed)),)


SCENARIO = Scenario(
    name="rare-fault",
    title=f"one of {REQUESTS} requests gets no answer",
    causes=(CAUSE,),
    proxies=("nginx", "haproxy"),
    faulty=service(*QUICK, "--misbehaviour", "close", "--misbehaves-at", "6789"),
    other_faulty=(service(*QUICK, "--misbehaviour", "reset", "--misbehaves-at", "3210"),),
    healthy=service(*QUICK),
    pages=pages,
    expectation=expectation,
    fails_at_least=1,
    quick=False,
)
