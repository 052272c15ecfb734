"""Of three targets one ends some connections instead of answering. The other two are well.

In the healthy twin all three answer everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.lab.expectation import Expected
from why502.lab.scenarios.interface import Scenario
from why502.lab.service import misbehaving, service
from why502.lab.visits import Visits

if TYPE_CHECKING:
    from why502.lab.load import Outcomes, Page

CAUSE = "closed-without-response"
GUILTY = "10.50.2.2:8080"


def pages(seed: int, duration_s: float, _scale: float) -> tuple[Page, ...]:
    """Requests which no proxy repeats with another target by itself."""
    return Visits(size=(4, 8), post_share=1.0).pages(seed, duration_s)


def expectation(outcomes: Outcomes) -> tuple[Expected, ...]:
    """All failures, and nobody but the one target."""
    return (Expected(CAUSE, failures=(outcomes.failed, outcomes.failed), targets=(GUILTY,)),)


SCENARIO = Scenario(
    name="fault-in-one-of-three",
    title="one of three targets closes every third connection instead of answering",
    causes=(CAUSE,),
    proxies=("nginx", "alb", "haproxy", "caddy", "varnish"),
    faulty=misbehaving("close", 0.35),
    other_faulty=(misbehaving("reset", 0.35),),
    healthy=service(),
    others=(service(), service()),
    pages=pages,
    expectation=expectation,
)
