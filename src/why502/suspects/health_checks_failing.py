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
Unhealthy targets in the balancer's metrics while requests fail.

What clears it
--------------
No unhealthy target in the same metrics.

What to do
----------
Look at what the check asks for and what the target answers to it: path, port, matcher, timeout.

Sources
-------
AWS "CloudWatch metrics for your Application Load Balancer" (UnHealthyHostCount, HealthyHostCount).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from why502.facts.scene import Scene
    from why502.model.case import Series

UNHEALTHY, HEALTHY = "UnHealthyHostCount", "HealthyHostCount"


def judge(scene: Scene) -> Judgement:
    unhealthy, healthy = _series(scene, UNHEALTHY), _series(scene, HEALTHY)
    if unhealthy:
        worst = max(unhealthy, key=lambda series: _values(series)[1])
        most = _values(worst)[1]
        text = f"at most {most:g} targets were unhealthy at a time{_of(worst, unhealthy)}"
        return Weighed((Evidence(6.0 if most >= 1 else -6.0, text, Source.METRICS, worst.at),), text)
    if healthy:
        worst = max(healthy, key=lambda series: _values(series)[1] - _values(series)[0])
        least, most = _values(worst)
        text = f"between {least:g} and {most:g} targets were healthy{_of(worst, healthy)}"
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
