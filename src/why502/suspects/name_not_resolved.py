"""Name not resolved

What happens
------------
The proxy looks the target's name up at run time, and the resolver does not answer or does not know it.

How it looks from the proxy
---------------------------
nginx: 502, `NAME could not be resolved`; Envoy and HAProxy: 503; no target address in the log.

What gives it away
------------------
The proxy's own words about the name.

What clears it
--------------
An address that was tried.

What to do
----------
Ask the same resolver from the proxy's host; look at its time-outs and at the name's time to live.

Sources
-------
nginx `ngx_resolver.c`, `ngx_http_upstream_resolve_handler`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.evidence import Source
from why502.model.requests import Manner, Phase
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.weighing import proxy_says

if TYPE_CHECKING:
    from why502.facts.scene import Scene


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.phase is not Phase.NO_TARGET:
        return DoesNotApply("a target was chosen, so its name resolved")
    if cluster.manner in (Manner.TIMEOUT, Manner.EXHAUSTED):
        return DoesNotApply("requests waited for a target that might take another connection, so there were targets")
    first = cluster.logged[0].request if cluster.logged else None
    if cluster.manner is not Manner.UNRESOLVED and first and not (first.reason or first.group or first.status == 503):
        return Weighed(
            (proxy_says(cluster, 2.0),), "No target was chosen; the name may not have resolved.", (Source.ERROR_LOG,)
        )
    if cluster.manner is not Manner.UNRESOLVED:
        return CannotTell((Source.ERROR_LOG,), "nothing given tells why no target was chosen")
    # nginx writes these words in one place only: ngx_http_upstream_resolve_handler.
    return Weighed(
        (proxy_says(cluster, 9.0),), f"The name of the target did not resolve for {count(cluster.count, 'request')}."
    )


SUSPECT = Suspect(
    name="name-not-resolved",
    kind=Kind.FAULT,
    title="the target's name did not resolve",
    prior=0.02,
    judge=judge,
    expects={
        "access-log": {"no-target": 0.97},
    },
    remedies=(Remedy("Ask the resolver that the proxy uses, from the proxy's host, for the target's name."),),
)
