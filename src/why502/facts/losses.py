"""Packets of standing connections that get lost on the way, as what went well beside the failures tells it.

TCP repairs single losses by itself: a request fails only where several in a row are lost, and many more that went well
in the end had to be sent again meanwhile. An application that is slow, dead or overwhelmed lets nothing be sent again:
its kernel acknowledges all the same.

What is sent again was not always lost. A kernel probes after two round trips whether the end of an answer has arrived
(RFC 8985, 7; `tcp_schedule_loss_probe` in net/ipv4/tcp_output.c), and on a fast network with a busy machine on it that
is before its acknowledgement can be back. So the exchanges that failed are asked themselves: a request and, later, a
close that were both acknowledged at once show a way that carries packets in both directions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.scene import ListenerWindow
from why502.model.conversations import Outcome
from why502.model.details import End
from why502.model.evidence import Place

if TYPE_CHECKING:
    from why502.facts.scene import Scene
    from why502.model.conversations import Conversation

FEWEST = 3
"""Conversations; a network that is well loses one packet in some thousands."""
SHARE = 0.05
SMALL_SHARE = 0.2
"""Of few conversations, two with a loss are no chance either."""
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
    carried: int = 0
    """Exchanges of the cluster of which the request and the close were acknowledged, and nothing was sent again..."""
    given_up: int = 0
    """...of so many that were given up."""

    @property
    def of_both_kinds(self) -> bool:
        """What stood and what was new went unheard alike: no queue and no program does that."""
        return self.stale > 0 and self.syns_lost >= FEWEST

    @property
    def way_carries(self) -> bool:
        """A way that lost answer after answer would have lost a request or a close of these as well."""
        return self.carried >= FEWEST and self.carried == self.given_up

    @property
    def on_wire(self) -> bool:
        return self.again_on_wire and not self.way_carries

    @property
    def again_on_wire(self) -> bool:
        """Too much was sent again for a network that is well, be it needed or not."""
        many = self.again >= FEWEST and self.again >= SHARE * self.conversations
        return many or (self.again >= FEWEST - 1 and self.again >= SMALL_SHARE * self.conversations)

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
    waited = [c for c in scene.cluster.conversations if c.outcome is Outcome.NOT_ANSWERED]
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
        carried=sum(map(_carried, waited)),
        given_up=len(scene.cluster.conversations),
    )


def _carried(conversation: Conversation) -> bool:
    """Whether the target acknowledged the proxy's close, too, and neither side had to send anything again."""
    packets = conversation.detail.packets if conversation.detail else ()
    closes = [place for place, p in enumerate(packets) if p.sender is End.PROXY and "FIN" in p.flags]
    again = conversation.retransmissions_sent or conversation.retransmissions_received
    return len(closes) == 1 and not again and any(p.sender is End.TARGET for p in packets[closes[0] :])
