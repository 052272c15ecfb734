"""SYNs that got lost: what the two suspects that lose some have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.losses import losses
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.handshakes import Handshakes
    from why502.facts.scene import Scene

SEVERAL = 2
"""One may have been lost by a network that is well."""
MANY_LOST = 10


def lost_alone(scene: Scene, *, several: float, one: float) -> Iterator[Evidence]:
    """SYNs that were lost although no connection in the capture waited to be accepted: bits for several, and for one.

    Other clients may have filled the queue in those very instants, and a network loses one SYN in some thousands.
    """
    wire = scene.wire
    if wire is None or not wire.syns_lost_alone or scene.cluster.outcome is not Outcome.SYN_UNANSWERED:
        return
    text = (
        f"{wire.syns_lost_alone} of {count(wire.syns_lost, 'lost SYN')} came while every connection that stood had "
        "been answered, and so accepted: the accept queue held none of them"
    )
    first = scene.cluster.conversations[0].decided_at
    yield Evidence(several if wire.syns_lost_alone >= SEVERAL else one, text, Source.CAPTURE, first)


def path_loses(scene: Scene, bits: float) -> Iterator[Evidence]:
    """A path that loses data loses final ACKs and SYNs as well; a full queue touches nothing that was accepted."""
    found = losses(scene)
    taken = scene.cluster.outcome in (Outcome.NEVER_ACKNOWLEDGED, Outcome.SYN_UNANSWERED)
    if taken and found.on_wire and found.first is not None:
        text = f"in {found.again} of {found.conversations} accepted conversations data had to be sent again"
        yield Evidence(bits, f"{text}: the path loses packets", Source.CAPTURE, found.first)


def lost_at_one_depth(scene: Scene, bits: float) -> Iterator[Evidence]:
    """A queue with a limit: what loses SYNs on the way does not count who waits at the target."""
    full = scene.wire.full_at if scene.wire is not None else None
    if full is None or scene.cluster.outcome is not Outcome.SYN_UNANSWERED:
        return
    text = (
        f"{full.lost} of {count(full.lost_in_all, 'lost SYN')} came while exactly {full.depth} connections waited to "
        f"be accepted, at {full.times} times, and all {full.taken} that were taken came while fewer did: a full queue, "
        f"of a backlog of {full.depth - 1}"
    )
    yield Evidence(bits, text, Source.CAPTURE, scene.cluster.conversations[0].decided_at)


def nothing_but_syns(scene: Scene, seen: Handshakes) -> Iterator[Evidence]:
    """What it says of the accept queue that SYNs were lost, and nothing else of any handshake.

    A queue that overflows in a burst drops final ACKs as well; what loses SYNs on the way loses nothing else. Not so
    where connections come one by one: then the queue is full before the SYN comes, at its one depth; or it is the queue
    of one of several workers, which hangs, and what it holds is never answered.
    """
    wire, lost = scene.wire, seen.syns_unanswered + seen.syns_repeated
    if at_one_depth := tuple(lost_at_one_depth(scene, 5.0)):
        yield from at_one_depth
    elif lost >= MANY_LOST and wire is not None and wire.syns_lost_beside_left < wire.syns_lost:
        text = f"{lost} SYNs were lost, and not a single final ACK"
        yield Evidence(-1.5, text, Source.CAPTURE, scene.cluster.conversations[0].at)
