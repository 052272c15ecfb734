"""Packets lost after the connection was made: requests, answers and acknowledgements of exchanges that timed out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.losses import NOT_SENT, losses
from why502.facts.unheard import unheard
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase
from why502.model.words import count
from why502.suspects.weighing import proxy_says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, Scene

SYNS = 3
"""The smallest packets of all: what loses them as well looks at no size."""
SILENT = (None, Outcome.NOT_ANSWERED, Outcome.NEVER_ACKNOWLEDGED, Outcome.STALE)


def waited_in_vain(cluster: Cluster) -> bool:
    """Whether an exchange on a connection that stood ended in silence."""
    later = cluster.phase in (Phase.SEND, Phase.WAIT, Phase.BODY)
    silent = cluster.manner is Manner.TIMEOUT or (cluster.outcome is Outcome.STALE and _unreset(cluster))
    return later and silent and cluster.outcome in SILENT


def _unreset(cluster: Cluster) -> bool:
    return not any(c.reset_by_target for c in cluster.conversations)


def lost_later(scene: Scene) -> Iterator[Evidence]:
    """What speaks for and against losses of such an exchange; nothing where nobody looked at packets or counters."""
    found = [*_far_side(scene), *_wire(scene), *_host(scene)]
    if any(e.bits > 0 for e in found) and scene.cluster.phase is Phase.BODY and scene.cluster.logged:
        # That the answer had begun and stopped coming is what this looks like, too (response-truncated).
        found.append(proxy_says(scene.cluster, 9.0))
    yield from found


def _far_side(scene: Scene) -> Iterator[Evidence]:
    """With a capture at the target's end as well."""
    seen = [(c, c.far_side) for c in scene.cluster.conversations if c.far_side is not None]
    lost = [c for c, far in seen if far.request_bytes_lost or far.answer_bytes_lost]
    if lost:
        text = f"in {len(lost)} of {len(seen)} conversations data left one end and never arrived at the other"
        yield Evidence(9.0, text, Source.CAPTURE, lost[0].decided_at)
    elif seen:
        text = f"all data of {count(len(seen), 'conversation')} arrived at the other end"
        yield Evidence(-8.0, text, Source.CAPTURE, seen[0][0].decided_at)


def _wire(scene: Scene) -> Iterator[Evidence]:
    found, seen = losses(scene), unheard(scene)
    if found.on_wire and found.first is not None:
        text = f"in {found.again} of {found.conversations} conversations that went well data had to be sent again"
        yield Evidence(6.0, text, Source.CAPTURE, found.first)
    elif found.again_on_wire and found.way_carries:
        text = (
            f"the requests and the closes of all {found.carried} given up were acknowledged, and none sent again: "
            f"what was sent again in {count(found.again, 'other conversation')} was no such loss"
        )
        yield Evidence(-2.0, text, Source.CAPTURE, scene.cluster.conversations[0].decided_at)
    elif found.none_on_wire and scene.cluster.conversations and not (seen.closes or seen.dead or found.of_both_kinds):
        # Answers that are lost before they reach the proxy leave no trace there.
        text = f"in {found.conversations} conversations that went well nothing had to be sent again"
        yield Evidence(-3.0, text, Source.CAPTURE, scene.cluster.conversations[0].decided_at)
    if seen.closes and seen.first_close:
        lost = scene.wire.syns_lost if scene.wire else 0
        also = f", and {count(lost, 'SYN')} stayed unanswered" if lost >= SYNS else ""
        also = also or ("" if found.on_wire else ", and nothing else was lost")
        text = f"in {count(seen.closes, 'conversation')} not even the proxy's close was acknowledged{also}"
        # Where nothing else was lost, it is rather a matter of size (path-mtu-black-hole).
        any_size = found.on_wire or lost >= SYNS
        yield Evidence(4.0 if any_size else -2.0, text, Source.CAPTURE, seen.first_close)
    elif found.of_both_kinds and scene.cluster.conversations:
        text = (
            f"{count(found.stale, 'request')} on used connections and {count(found.syns_lost, 'SYN')} met silence alike"
        )
        yield Evidence(4.0, text, Source.CAPTURE, scene.cluster.conversations[0].decided_at)
    again = [c for c in scene.cluster.conversations if c.retransmissions_sent >= 2]
    if again and len(again) >= len(scene.cluster.conversations) / 2 and found.on_wire:
        text = f"the request was sent again and again in {len(again)} of {len(scene.cluster.conversations)}"
        yield Evidence(2.0, text, Source.CAPTURE, again[0].decided_at)


def _host(scene: Scene) -> Iterator[Evidence]:
    found = losses(scene)
    if found.window is None:
        return
    where, at = found.window.listener.address, found.window.at
    if found.on_host:
        text = (
            f"the host of {where} had to send {found.segments_again} of {found.segments} segments again "
            f"({found.segments_again / found.segments:.1%})"
        )
        yield Evidence(5.0, text, Source.HOST, at)
    elif found.not_sent >= NOT_SENT:
        text = f"the kernel of {where} could not even send {found.not_sent} segments again: it drops them itself"
        yield Evidence(5.0, text, Source.HOST, at)
    elif found.none_on_host and not (unheard(scene).closes or found.of_both_kinds):
        text = f"the host of {where} sent {found.segments} segments while it was watched, and none again"
        yield Evidence(-3.0, text, Source.HOST, at)
