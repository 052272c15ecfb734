"""Packets of standing connections that get lost on the way, as what went well beside the failures tells it.

TCP repairs single losses by itself: a request fails only where several in a row are lost, and many more that went well
in the end had to be sent again meanwhile. An application that is slow, dead or overwhelmed lets nothing be sent again:
its kernel acknowledges all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.scene import ListenerWindow
from why502.model.conversations import Outcome
from why502.model.evidence import Place

if TYPE_CHECKING:
    from why502.facts.scene import Scene

FEWEST = 3
"""Conversations; a network that is well loses one packet in some thousands."""
SHARE = 0.05
ENOUGH = 10
"""With fewer conversations, none with a loss says nothing."""
SEGMENTS_AGAIN = 10
SEGMENTS_SHARE = 0.02
"""A healthy network inside a data centre loses less than one segment in ten thousand."""
ENOUGH_SEGMENTS = 100
NOT_SENT = 3
"""`TCPRetransFail`: the host's own packet filter (or a full queue of its interface) took what was to be sent again."""


class Losses(Struct, frozen=True):
    """What had to be sent again between the proxy and one target."""

    conversations: int
    """That were answered, and are told one by one..."""
    again: int
    """...and those of them in which data had to be sent again."""
    first: Place | None
    window: ListenerWindow | None
    """Of the listener whose namespace counted; None: nobody looked."""
    segments: int = 0
    """That this namespace sent while it was watched..."""
    segments_again: int = 0
    """...and those sent again, SYNs and SYN-ACKs not counted: a full accept queue has them repeated as well."""
    not_sent: int = 0
    syns_lost: int = 0
    stale: int = 0
    """Requests on used connections that met nothing but silence."""

    @property
    def of_both_kinds(self) -> bool:
        """What stood and what was new went unheard alike: no queue and no program does that."""
        return self.stale > 0 and self.syns_lost >= FEWEST

    @property
    def on_wire(self) -> bool:
        return self.again >= FEWEST and self.again >= SHARE * self.conversations

    @property
    def on_host(self) -> bool:
        return self.segments_again >= SEGMENTS_AGAIN and self.segments_again >= SEGMENTS_SHARE * self.segments

    @property
    def none_on_wire(self) -> bool:
        return self.conversations >= ENOUGH and self.again == 0

    @property
    def none_on_host(self) -> bool:
        return self.segments >= ENOUGH_SEGMENTS and self.segments_again == 0 and self.not_sent == 0


def losses(scene: Scene) -> Losses:
    wire = scene.wire
    window = next((w for w in scene.listeners if "RetransSegs" in w.grown and "OutSegs" in w.grown), None)
    grown = window.grown if window else {}
    return Losses(
        conversations=wire.told_answered if wire else 0,
        again=wire.sent_again if wire else 0,
        first=wire.sent_again_first if wire else None,
        window=window,
        segments=grown.get("OutSegs", 0),
        segments_again=max(0, grown.get("RetransSegs", 0) - grown.get("TCPSynRetrans", 0)),
        not_sent=grown.get("TCPRetransFail", 0),
        syns_lost=wire.syns_lost if wire else 0,
        stale=sum(c.outcome is Outcome.STALE and not c.reset_by_target for c in (wire.failed if wire else ())),
    )
