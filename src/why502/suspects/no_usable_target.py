"""No usable target

What happens
------------
The proxy has no target left that it may use: none is registered, or all are marked down after failures or failed health
checks. Requests are answered without any attempt.

How it looks from the proxy
---------------------------
503 (ALB, HAProxy, Envoy), 502 with `no live upstreams` (nginx); no target address, no times.

What gives it away
------------------
The phase itself: no target was chosen, and the proxy says so.

What clears it
--------------
Any attempt at a target.

What to do
----------
Find out why targets were taken out: their health checks, or the failures just before (nginx marks a server down for
`fail_timeout` after `max_fails` of them). nginx says the same where each server has as many connections as its
`max_conns` allows: then requests are served in between, and no attempt failed. An ALB with only unhealthy targets uses
them all and does not answer 503.

Sources
-------
AWS "Troubleshoot your Application Load Balancers" (HTTP 503); nginx `ngx_http_upstream_get_round_robin_peer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.at_their_limit import perhaps_at_their_limit
from why502.facts.metered_failures import GATEWAY_NO_TARGET
from why502.facts.scene import Basis
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner, Phase
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.waiting import all_taken
from why502.suspects.weighing import proxy_says

if TYPE_CHECKING:
    from why502.facts.scene import Cluster, Scene

CONFIGURED = (
    Remedy(
        "Look whether nginx's servers are marked `down`, or limited by `max_conns`.", "nginx -T | grep -n 'server '"
    ),
)


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.phase is not Phase.NO_TARGET:
        return DoesNotApply("a target was chosen")
    if cluster.manner is Manner.UNRESOLVED:
        return DoesNotApply("the name did not resolve, so no target was looked for")
    if cluster.manner in (Manner.TIMEOUT, Manner.EXHAUSTED):
        return DoesNotApply("there were targets: requests waited for one that might take another connection")
    if cluster.basis is Basis.METRICS:
        # A rule that answers 503 by itself may be counted as well; Envoy counts nothing else there.
        bits, text = 4.0, f"the balancer counted {count(cluster.count, 'answer')} 503 of its own: it had no target"
        if any(series.name == GATEWAY_NO_TARGET for series in scene.case.metrics):
            bits, text = 8.0, f"the proxy counted {count(cluster.count, 'request')} for which no target was healthy"
        counted = Evidence(bits, text, Source.METRICS, Place(scene.path_of(Source.METRICS)))
        return Weighed((counted,), f"The proxy had no target to send {count(cluster.count, 'request')} to.")
    if perhaps_at_their_limit(scene):
        # The same lines for three suspects: only their priors part them, and nginx's configuration would.
        summary = f"The proxy had no target that it may use for {count(cluster.count, 'request')}."
        return Weighed((*all_taken(scene),), summary, (Source.CONFIGURATION,), remedies=CONFIGURED)
    first = cluster.logged[0].request if cluster.logged else None
    told = first is not None and (first.reason or first.group or first.status == 503)
    # Its own words, the name of an empty group or a 503 have no other meaning; without any, the name may not resolve.
    # nginx logs the name of a group whose servers are all down; without it, the name hardly resolved.
    unnamed = -2.0 if {place.request.proxy for place in cluster.logged} == {"nginx"} else 2.0
    return Weighed(
        (proxy_says(cluster, _bits(cluster) if told else unnamed),),
        f"The proxy had no target to send {count(cluster.count, 'request')} to.",
    )


def _bits(cluster: Cluster) -> float:
    """ingress-nginx answers 503 for a service without endpoints (balancer.lua), and at times by a limit of its own."""
    silent = all(place.request.proxy == "nginx" and not place.request.reason for place in cluster.logged)
    status = cluster.logged[0].request.status if cluster.logged else None
    return 4.0 if silent and status == 503 else 9.0


SUSPECT = Suspect(
    name="no-usable-target",
    kind=Kind.FAULT,
    title="no registered or healthy target was left",
    prior=0.06,
    judge=judge,
    expects={
        "access-log": {"no-target": 0.97},
        "error-log": {"silent": 0.1, "bad-answer": 0.01},
    },
    remedies=(
        Remedy("Register targets, or repair what makes their health checks fail."),
        Remedy("Look at the failures just before: they are what took the targets out."),
    ),
)
