"""Proxy exhausted

What happens
------------
The proxy cannot open another connection: no file descriptor, no free connection slot, or no ephemeral port towards that
target is left.

How it looks from the proxy
---------------------------
nginx: 500 with `socket() failed (24: Too many open files)` or `worker_connections are not enough`, 502 with
`(99: Cannot assign requested address)`; HAProxy and Envoy: 503.

What gives it away
------------------
The proxy's own words. If it cannot even take connections (nginx: `accept4() failed (24: Too many open files)`), clients
wait in front of it and leave; it logs them as gone (499) the moment it reads what they had sent.

Where it lets only so many connections reach its targets (HAProxy's `maxconn`, Envoy's circuit breakers), the limit may
be too low, or the targets too slow for it: see worker-pool-exhausted.

What clears it
--------------
A connect that reached the target. Clients that left after the proxy had had their requests for a while.

What to do
----------
Raise the limit that is named; keep connections to targets open and use them again, so that fewer ports are needed.

Sources
-------
nginx `ngx_event_connect_peer`, `ngx_get_connection`, `ngx_event_accept`; ip(7) ip_local_port_range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.shut_out import shut_out
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.checks import MANAGED
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.leaving import clients_left
from why502.suspects.unseen import captured, nothing_sent
from why502.suspects.waiting import all_taken, waited_in_proxy
from why502.suspects.weighing import failed_at_once, proxy_says

if TYPE_CHECKING:
    from why502.facts.scene import Scene
    from why502.facts.shut_out import ShutOut

SLOTS = (
    Remedy("Compare the limit (maxconn, max_pending_requests) with what the targets can serve at once."),
    Remedy(
        "Look at how long the targets take: slow answers hold connections, and a higher limit only moves the queue."
    ),
)
"""Where requests waited for a connection."""


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if waited_in_proxy(scene):
        text = f"The proxy allows too few connections to its targets for {count(cluster.count, 'request')}."
        return Weighed((*all_taken(scene),), text, (Source.HOST,), remedies=SLOTS)
    nothing = nothing_sent(scene, 5.0)
    if nothing:
        managed = {place.request.proxy for place in cluster.logged} <= MANAGED
        own = Evidence(
            -3.0, "nobody runs a managed balancer short of these", Source.ACCESS_LOG, cluster.logged[0].request.at
        )
        summary = f"The proxy failed {count(cluster.count, 'connect')} by itself, before a packet left."
        return Weighed((*nothing, *((own,) if managed else ())), summary, (Source.ERROR_LOG,))
    if not captured(scene) and (instant := tuple(failed_at_once(cluster))):
        return Weighed(instant, "The proxy may have been short of something.", (Source.ERROR_LOG,))
    if (out := shut_out(scene)) is not None:
        summary = f"The proxy could take no connection, and {count(out.left, 'client')} left before it did."
        return Weighed((clients_left(cluster), _not_taken(scene, out)), summary)
    if cluster.manner is Manner.UNKNOWN and cluster.phase in (Phase.CONNECT, Phase.UNKNOWN):
        return CannotTell((Source.ERROR_LOG,), "nothing given tells how the connect failed")
    if cluster.manner is not Manner.EXHAUSTED:
        return DoesNotApply(f"the exchange failed otherwise ({cluster.manner})")
    # The proxy names its own resource; nothing of the target's can produce these words.
    return Weighed(
        (proxy_says(cluster, 9.0),),
        f"The proxy itself ran out of something before {count(cluster.count, 'request')} reached a target.",
    )


def _not_taken(scene: Scene, out: ShutOut) -> Evidence:
    """Clients can be let in just before descriptors end, and leave a slow target: unless that is seen not to be so."""
    wire = scene.case.wire
    covered = captured(scene) and wire is not None and out.within(wire.first_s, wire.last_s)
    kept_out = out.timed or covered
    had = ", and no request of theirs was sent to a target" if kept_out else ""
    text = f"{count(out.left, 'client')} left when the proxy could take no connection{had}: {out.first.text}"
    return Evidence(7.0 if kept_out else 4.0, text, Source.ERROR_LOG, out.first.at)


SUSPECT = Suspect(
    name="proxy-exhausted",
    kind=Kind.FAULT,
    title="the proxy ran out of descriptors, connections or ports",
    prior=0.02,
    judge=judge,
    expects={
        "error-log": {"bad-answer": 0.01, "silent": 0.01},
        "access-log": {"connect-phase": 0.6},
    },
    remedies=(
        Remedy("Raise the limit that the proxy names (worker_rlimit_nofile, worker_connections, ip_local_port_range)."),
        Remedy("Reuse connections towards the targets, so that fewer are opened."),
    ),
)
