"""Not the gateway: the clients leave before the answer is there.

A quarter of the requests come from an impatient client. The service takes 0.4 s for an answer, which is less than
any patience in the healthy twin, where it takes a tenth of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from why502.lab.scenarios.interface import Scenario
from why502.lab.service import service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Fetch, Page

PATIENCE_S = 0.25
IMPATIENT = 4
"""Every fourth request."""


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    return tuple(_with_impatient(page) for page in Visits(answer_s=0.5).pages(seed, duration_s))


def _with_impatient(page: Page) -> Page:
    def one(number: int, fetch: Fetch) -> Fetch:
        return fetch if number % IMPATIENT else structs.replace(fetch, gives_up_after_s=PATIENCE_S)

    return structs.replace(page, fetches=tuple(one(*numbered) for numbered in enumerate(page.fetches)))


SCENARIO = Scenario(
    name="client-gave-up",
    title="every fourth client leaves after a quarter of a second",
    proxies=("nginx", "alb", "haproxy", "caddy"),
    faulty=service("--work", "0.4"),
    healthy=service(),
    pages=pages,
)
