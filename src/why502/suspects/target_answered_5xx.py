"""The target answered 5xx

What happens
------------
The application itself sent the error status; the gateway only passed it on.

How it looks from the proxy
---------------------------
ALB: the target's status equals the one that the client got. nginx: `$upstream_header_time` holds a number, which is
the proof that a header came (nginx writes its own 502 and 504 into `$upstream_status`).

What gives it away
------------------
A status line from the target, in the log or on the wire.

What clears it
--------------
No target status, no header time.

What to do
----------
Look into the application's log at those times.

Sources
-------
AWS "Access logs for your Application Load Balancer" (target_status_code); nginx `ngx_http_upstream_next`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from why502.facts.scene import Basis
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from why502.facts.scene import Scene


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.side is None:
        return CannotTell((Source.ACCESS_LOG,), "nothing given tells who made the status")
    if cluster.side is not Side.TARGET:
        return DoesNotApply("the target sent no status")
    summary = f"{cluster.target or 'The target'} itself answered {count(cluster.count, 'request')} with 5xx."
    if cluster.basis is Basis.METRICS:
        text = f"the balancer counted {cluster.count} 5xx answers as the targets' own"
        return Weighed((Evidence(9.0, text, Source.METRICS, Place(scene.path_of(Source.METRICS))),), summary)
    statuses = Counter(place.request.target_status for place in cluster.logged)
    listed = ", ".join(f"{number} x {status}" for status, number in statuses.most_common(4))
    evidence = Evidence(10.0, f"the target's own status: {listed}", Source.ACCESS_LOG, cluster.logged[0].request.at)
    return Weighed((evidence,), summary)


SUSPECT = Suspect(
    name="target-answered-5xx",
    kind=Kind.FAULT,
    title="the application itself sent the error",
    prior=0.2,
    judge=judge,
    expects={
        "host": {"listener-well": 0.95, "drops-grow": 0.01},
        "capture": {"answered": 0.97},
        "error-log": {"silent": 0.97},
        "access-log": {"target-answered": 0.98},
    },
    remedies=(Remedy("Look into the application's own log at these times; the gateway only passed the status on."),),
)
