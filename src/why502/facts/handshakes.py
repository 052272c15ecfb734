"""What a capture tells about how one target takes new connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.model.conversations import Outcome
from why502.model.evidence import Place

if TYPE_CHECKING:
    from why502.model.wire import TargetWire

ENOUGH = 10
"""With fewer conversations, none lost says nothing."""


class Handshakes(Struct, frozen=True):
    """Counts over all conversations with one target."""

    conversations: int
    served: int
    syns_unanswered: int
    syns_repeated: int
    """Connects that succeeded only after the SYN had been sent again."""
    acks_dropped: int
    """The target repeated its SYN-ACK after the final ACK: it had dropped that."""
    unknown_resets: int
    """New connections whose data was reset before the target acknowledged a byte."""
    first: Place | None
    """The first trace of any of these."""

    @property
    def healthy(self) -> bool:
        """Nothing was lost in enough conversations."""
        lost = self.syns_unanswered + self.syns_repeated + self.acks_dropped + self.unknown_resets
        return lost == 0 and self.conversations >= ENOUGH


def handshakes(wire: TargetWire) -> Handshakes:
    troubled = sorted((*wire.delayed, *wire.failed), key=lambda c: c.first_s)
    traces = [
        c for c in troubled if len(c.syn_s) > 1 or c.synacks_after_ack or c.outcome is Outcome.RESET_UNACKNOWLEDGED
    ]
    return Handshakes(
        conversations=wire.conversations,
        served=wire.outcomes.get(Outcome.ANSWERED, 0),
        syns_unanswered=wire.outcomes.get(Outcome.SYN_UNANSWERED, 0),
        syns_repeated=sum(len(c.syn_s) > 1 for c in wire.delayed),
        acks_dropped=sum(c.synacks_after_ack > 0 for c in troubled),
        unknown_resets=wire.outcomes.get(Outcome.RESET_UNACKNOWLEDGED, 0),
        first=traces[0].decided_at if traces else None,
    )
