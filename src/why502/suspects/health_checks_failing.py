"""Health checks failing

What happens
------------
The balancer considers targets unhealthy and sends them nothing, or, when all are, sends to all of them (an ALB fails
open).

How it looks from the proxy
---------------------------
503 without a target; or, failed open, whatever the sick targets do.

What gives it away
------------------
Unhealthy targets in the balancer's metrics while requests fail; checks that failed in its health-check log; a proxy
that says that a server is down or that a backend has none left.

What clears it
--------------
No unhealthy target in the same metrics.

What to do
----------
Look at what the check asks for and what the target answers to it: path, port, matcher, timeout.

Sources
-------
AWS "CloudWatch metrics for your Application Load Balancer" (UnHealthyHostCount, HealthyHostCount) and "Health check
logs"; HAProxy `src/server.c` and `src/backend.c` (the messages).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.health import unhealthy
from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from why502.facts.scene import Scene

UNHEALTHY, HEALTHY = "UnHealthyHostCount", "HealthyHostCount"


def judge(scene: Scene) -> Judgement:
    events = unhealthy(scene.case, scene.cluster)
    if events:
        first = events[0]
        text = f"{first.text}, the first of {count(len(events), 'such event')} around the failures"
        return Weighed((Evidence(6.0, text, Source.ACCESS_LOG, first.at),), text)
    named = {series.name: series for series in scene.case.metrics if series.points}
    failing, healthy = named.get(UNHEALTHY), named.get(HEALTHY)
    if failing is not None:
        worst = max(value for _, value in failing.points)
        text = f"at most {worst:g} targets were unhealthy at a time"
        return Weighed((Evidence(6.0 if worst >= 1 else -6.0, text, Source.METRICS, failing.at),), text)
    if healthy is not None:
        least, most = (pick(value for _, value in healthy.points) for pick in (min, max))
        text = f"{least:g} to {most:g} targets were healthy" if least < most else f"{most:g} healthy at all times"
        # A target that is deregistered lowers the count without being unhealthy.
        return Weighed((Evidence(3.0 if least < most else -3.0, text, Source.METRICS, healthy.at),), text)
    return CannotTell((Source.METRICS,), "no counts of healthy targets were given")


SUSPECT = Suspect(
    name="health-checks-failing",
    kind=Kind.CONDITION,
    title="the balancer considers targets unhealthy",
    prior=0.1,
    judge=judge,
    explains=("no-usable-target",),
    remedies=(Remedy("Look at what the health check asks for and what the target answers: path, port, matcher."),),
)
