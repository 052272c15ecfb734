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
    from why502.model.case import Series

UNHEALTHY, HEALTHY = "UnHealthyHostCount", "HealthyHostCount"


def judge(scene: Scene) -> Judgement:
    events = unhealthy(scene.case, scene.cluster)
    if events:
        first = events[0]
        text = f"{first.text}, the first of {count(len(events), 'such event')} around the failures"
        return Weighed((Evidence(6.0, text, Source.ACCESS_LOG, first.at),), text)
    failing, healthy = _series(scene, UNHEALTHY), _series(scene, HEALTHY)
    if failing:
        worst = max(failing, key=lambda series: _values(series)[1])
        most = _values(worst)[1]
        text = f"at most {most:g} targets were unhealthy at a time{_of(worst, failing)}"
        return Weighed((Evidence(6.0 if most >= 1 else -6.0, text, Source.METRICS, worst.at),), text)
    if healthy:
        worst = max(healthy, key=lambda series: _values(series)[1] - _values(series)[0])
        least, most = _values(worst)
        told = f"{least:g} to {most:g} targets were healthy" if least < most else f"{most:g} healthy at all times"
        text = f"{told}{_of(worst, healthy)}"
        # A target that is deregistered lowers the count without being unhealthy.
        return Weighed((Evidence(3.0 if least < most else -3.0, text, Source.METRICS, worst.at),), text)
    return CannotTell((Source.METRICS,), "no counts of healthy targets were given")


def _series(scene: Scene, name: str) -> list[Series]:
    """One for each target group (and zone)."""
    return [series for series in scene.case.metrics if series.name == name and series.points]


def _values(series: Series) -> tuple[float, float]:
    """Least and most."""
    values = [value for _, value in series.points]
    return min(values), max(values)


def _of(worst: Series, among: list[Series]) -> str:
    return f" (in the worst of {len(among)} groups: {worst.at.name})" if len(among) > 1 else ""


SUSPECT = Suspect(
    name="health-checks-failing",
    kind=Kind.CONDITION,
    title="the balancer considers targets unhealthy",
    prior=0.1,
    judge=judge,
    explains=("no-usable-target",),
    remedies=(Remedy("Look at what the health check asks for and what the target answers: path, port, matcher."),),
)
