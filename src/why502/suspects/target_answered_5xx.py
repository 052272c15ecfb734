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
from why502.model.requests import Manner, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from why502.facts.scene import Scene


TELLS_ALL = {
    "apache": "apache-error-log",  # proxy_util.c, mod_proxy_http.c
    "caddy": "caddy-error-log",  # caddyhttp/server.go, `Server.ServeHTTP`: `http.log.error`, from status 500 on
}
"""Proxy -> the kind of its error log."""
SAME_SECOND_S = 1.0
ALL_BUT = 0.9


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.manner in (Manner.MALFORMED, Manner.TOO_LARGE):
        return DoesNotApply("what the target sent was no answer that the proxy could read")
    if cluster.side is None and (own := unexplained(scene)):
        summary = f"{cluster.target or 'The target'} itself answered {count(cluster.count, 'request')} with 5xx."
        return Weighed((own,), summary)
    if cluster.side is None:
        return CannotTell((Source.ACCESS_LOG,), "nothing given tells who made the status")
    if cluster.side is not Side.TARGET:
        return DoesNotApply("the target sent no status")
    summary = f"{cluster.target or 'The target'} itself answered {count(cluster.count, 'request')} with 5xx."
    if cluster.basis is Basis.METRICS:
        text = f"the balancer counted {cluster.count} 5xx answers as the targets' own"
        return Weighed((Evidence(9.0, text, Source.METRICS, Place(scene.path_of(Source.METRICS))),), summary)
    # Of a function there is no status, but the load balancer's word for it.
    statuses = Counter(place.request.target_status or place.request.reason for place in cluster.logged)
    listed = ", ".join(f"{number} x {status}" for status, number in statuses.most_common(4))
    evidence = Evidence(10.0, f"the target's own status: {listed}", Source.ACCESS_LOG, cluster.logged[0].request.at)
    return Weighed((evidence,), summary)


def unexplained(scene: Scene) -> Evidence | None:
    """These proxies write a line for every failure of their own, and none for an answer that they pass on."""
    cluster = scene.cluster
    proxies = {place.request.proxy for place in cluster.logged}
    kinds = {kind for proxy, kind in TELLS_ALL.items() if proxies == {proxy}}
    given = [i for i in scene.case.inputs if i.kind in kinds]
    if cluster.outcome is not None or not given:
        return None
    told = scene.case.traffic.failures if scene.case.traffic else ()
    words_s = [p.request.end_s for p in told if p.request.reason and p.request.end_s is not None]
    ends_s = [place.request.end_s for place in cluster.logged if place.request.end_s is not None]
    silent = [end_s for end_s in ends_s if not any(abs(end_s - at_s) <= SAME_SECOND_S for at_s in words_s)]
    # Before its first word and after its last one the file may have been cut: a missing line is no evidence there.
    if words_s:
        silent = [end_s for end_s in silent if min(words_s) <= end_s <= max(words_s)]
    if not ends_s or len(silent) < ALL_BUT * len(ends_s):
        return None
    text = f"the error log given has no line near {len(silent)} of {len(ends_s)} of these answers: they were passed on"
    # 502 is mostly a gateway's own word; a log of another time or level would be as silent.
    bits = 2.0 if most_common(place.request.status for place in cluster.logged) == 502 else 4.5
    return Evidence(bits, text, Source.ERROR_LOG, Place(given[0].path))


def most_common(statuses: Iterable[int | None]) -> int | None:
    return Counter(statuses).most_common(1)[0][0]


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
