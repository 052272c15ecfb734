"""The way to the target was gone while requests on connections that stood fell silent: one loss explains both.

New connects are told at once (`ip_route_connect` in net/ipv4/tcp_ipv4.c has no route; ARP stayed unanswered), or so is
the proxy's kernel alone, and a log without the errno and a capture show connects that failed before a packet left.
What stands is not told: TCP repeats a request that it cannot send until the proxy gives up (tcp(7), `tcp_retries2`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase
from why502.model.words import count
from why502.suspects.unseen import nothing_sent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, Scene

FALLEN_SILENT = (None, Outcome.NOT_ANSWERED, Outcome.STALE)
SAME_S = 30.0
"""A neighbour that is gone is found out after three requests of ARP, a second each; read timeouts fire later."""
EXPLAINED = -5.0
"""Bits against whatever else would explain the silence: it would have begun by chance as the way went."""


def way_gone(scene: Scene, bits: float) -> Iterator[Evidence]:
    """At most one: that connects had no way while the requests of this cluster waited in vain."""
    cluster, window = scene.cluster, scene.cluster.window
    if cluster.manner is not Manner.TIMEOUT or cluster.outcome not in FALLEN_SILENT or window is None:
        return
    begun_s = min([p.request.start_s for p in cluster.logged if p.request.start_s is not None], default=window.from_s)
    for other in scene.others:
        told = other.window if other.phase is Phase.CONNECT and other.logged else None
        near = told and begun_s - told.to_s <= SAME_S and told.from_s - window.to_s <= SAME_S
        if near and (found := tuple(_of(scene, other, bits))):
            yield from found
            return


def _of(scene: Scene, other: Cluster, bits: float) -> Iterator[Evidence]:
    """Its connects were told so; or nothing was sent for them, and nothing for the requests either.

    A proxy that ran out of ports fails connects in silence as well, and slow targets make it run out: but then the
    requests that wait were sent, and are on the wire.
    """
    if other.manner is Manner.UNREACHABLE:
        text = f"{count(other.count, 'connect')} to it failed at that time, as the network said: unreachable"
        yield Evidence(bits, text, Source.ERROR_LOG, other.logged[0].request.told_at)
    elif not _waits_on_the_wire(scene) and (unsent := nothing_sent(scene, bits, other)):
        text = f"{count(other.count, 'connect')} at that time failed before a packet left: there was no way to it"
        yield Evidence(bits, text, Source.CAPTURE, unsent[0].at)


def _waits_on_the_wire(scene: Scene) -> bool:
    outcomes = scene.wire.outcomes if scene.wire is not None else {}
    return scene.cluster.outcome is not None or bool(outcomes.get(Outcome.NOT_ANSWERED))
