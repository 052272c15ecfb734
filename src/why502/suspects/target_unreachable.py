"""Target unreachable

What happens
------------
There is no route to the target, its neighbour does not answer ARP, or a router or firewall rejects the packet with an
ICMP error.

How it looks from the proxy
---------------------------
nginx: 502, `connect() failed (113: No route to host)` or `(101: Network is unreachable)`; ALB: `-1 -1 -1 502 -`.

What gives it away
------------------
The errno in the error log; ICMP errors that quote the SYN.

What clears it
--------------
A SYN that was answered.

What to do
----------
Look at the route and the neighbour table on the proxy's host, then at the firewalls in between.

Sources
-------
ip(7), icmp(7); Linux `tcp_v4_err` (net/ipv4/tcp_ipv4.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.unseen import captured, nothing_sent
from why502.suspects.way_gone import way_gone
from why502.suspects.weighing import failed_at_once, proxy_says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, Scene

STANDING = (Phase.SEND, Phase.WAIT)
TOLD_MEANWHILE = 7.0


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.phase in STANDING and (fell_silent := tuple(way_gone(scene, TOLD_MEANWHILE))):
        summary = f"{cluster.target or 'The target'} could not be reached any more: connections that stood fell silent."
        return Weighed(fell_silent, summary)
    if cluster.phase is not Phase.CONNECT:
        return DoesNotApply(f"the exchange ended in another phase ({cluster.phase})")
    if cluster.manner is Manner.UNKNOWN and cluster.outcome is Outcome.SYN_UNANSWERED:
        text = f"the proxy gave up {count(cluster.count, 'connect')} with no answer on the wire, before its timer"
        first = cluster.conversations[0].decided_at
        summary = f"{cluster.target or 'The target'} could not be reached: the network said so."
        # Only an ICMP error (or no route) ends a connect without a timer and without a packet of TCP.
        return Weighed((Evidence(7.0, text, Source.CAPTURE, first),), summary)
    if cluster.manner is Manner.TIMEOUT and (unresolved := tuple(way_gone(scene, TOLD_MEANWHILE))):
        # A SYN waits for the neighbour to answer ARP, as long as the first ones do (`mcast_solicit` in arp(7), a second
        # each): the proxy's own timer may be shorter, and the connects after that are told at once.
        summary = f"{cluster.target or 'The target'} could not be reached: the network said so of other connects."
        return Weighed(unresolved, summary)
    nothing = nothing_sent(scene, 5.0)
    if nothing:
        summary = f"{cluster.target or 'The target'} could not be reached: the proxy's own kernel had no way to it."
        return Weighed((*nothing, *_pooled(scene)), summary, (Source.ERROR_LOG,))
    if not captured(scene) and (instant := tuple(failed_at_once(cluster))):
        return Weighed(instant, "The network may have said so.", (Source.ERROR_LOG, Source.CAPTURE))
    if cluster.manner is Manner.UNKNOWN:
        return CannotTell((Source.ERROR_LOG, Source.CAPTURE), "nothing given tells how the connect failed")
    if cluster.manner is not Manner.UNREACHABLE:
        return DoesNotApply(f"the connect failed otherwise ({cluster.manner})")
    # The errno comes from the kernel: EHOSTUNREACH and ENETUNREACH have no other origin.
    summary = f"{cluster.target or 'The target'} could not be reached: the network said so."
    return Weighed((_complaint(cluster) or proxy_says(cluster, 9.0),), summary)


def _complaint(cluster: Cluster) -> Evidence | None:
    """The ICMP error itself: who sent it and what it says tell a firewall from a route that is missing."""
    first = next((c for c in cluster.conversations if c.outcome is Outcome.UNREACHABLE), None)
    if first is None or first.detail is None or first.detail.reason is None:
        return None
    text = f"an ICMP error answered {count(len(cluster.conversations), 'SYN')}: {first.detail.reason}"
    return Evidence(9.0, text, Source.CAPTURE, first.decided_at)


def _pooled(scene: Scene) -> Iterator[Evidence]:
    """Without a way to the target, connections that stood fall silent too; a proxy short of something keeps them."""
    silent = [c for c in scene.others if c.phase is Phase.WAIT and c.manner is Manner.TIMEOUT and c.outcome is None]
    if silent and silent[0].logged:
        text = f"{count(sum(c.count for c in silent), 'request')} on connections that stood fell silent as well"
        yield Evidence(3.0, text, Source.ACCESS_LOG, silent[0].logged[0].request.at)


SUSPECT = Suspect(
    name="target-unreachable",
    kind=Kind.FAULT,
    title="the network said that the target cannot be reached",
    prior=0.02,
    judge=judge,
    brings=("target-too-slow", "stale-connection", "packets-dropped"),
    expects={
        "access-log": {"connect-phase": 0.97},
        "host": {"listener-well": 0.6, "no-listener": 0.39},
    },
    remedies=(
        Remedy(
            "Look at the route to the target from the proxy's host; where an ICMP error says 'prohibited', at the "
            "firewall that sent it.",
            "ip route get ADDRESS",
        ),
        Remedy(
            "Look whether anything still has that address: FAILED means that nobody answers for it. A proxy that "
            "resolved a name when it was started keeps the old address of a target that has moved.",
            "ip neigh show ADDRESS",
        ),
    ),
)
