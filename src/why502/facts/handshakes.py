"""What a capture tells about how one target takes new connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.forgotten import forgotten_with
from why502.model.conversations import Outcome
from why502.model.details import End
from why502.model.evidence import Place

if TYPE_CHECKING:
    from why502.model.conversations import Conversation
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
    """New connections whose data a kernel reset that did not know them, before it acknowledged a byte; without those
    that it forgot together with others (`facts.forgotten`)."""
    first: Place | None
    """The first trace of any of these."""
    taken_late: int = 0
    """New connections whose first request was taken only when it was sent again, while nothing was lost of any that
    had been accepted: the target had dropped their final ACK. 0 as well if such a loss was seen."""
    taken_late_first: Place | None = None

    @property
    def healthy(self) -> bool:
        """Nothing was lost in enough conversations."""
        lost = self.syns_unanswered + self.syns_repeated + self.acks_dropped + self.unknown_resets
        return lost == 0 and self.conversations >= ENOUGH


def handshakes(wire: TargetWire) -> Handshakes:
    troubled = sorted((*wire.delayed, *wire.failed), key=lambda c: c.first_s)
    explained = {id(c) for c in (*forgotten_with(wire, wire.failed), *filter(_known, wire.failed))}
    traces = [
        c for c in troubled if len(c.syn_s) > 1 or c.synacks_after_ack or (_unknown(c) and id(c) not in explained)
    ]
    # A path that loses requests loses answers and their acknowledgements as well.
    only_new = wire.sent_again == 0 and wire.told_answered >= ENOUGH
    return Handshakes(
        conversations=wire.conversations,
        served=wire.outcomes.get(Outcome.ANSWERED, 0),
        syns_unanswered=wire.outcomes.get(Outcome.SYN_UNANSWERED, 0),
        syns_repeated=sum(len(c.syn_s) > 1 for c in wire.delayed),
        acks_dropped=sum(c.synacks_after_ack > 0 for c in troubled),
        unknown_resets=max(0, wire.outcomes.get(Outcome.RESET_UNACKNOWLEDGED, 0) - len(explained)),
        first=traces[0].decided_at if traces else None,
        taken_late=wire.taken_late if only_new else 0,
        taken_late_first=wire.taken_late_first if only_new else None,
    )


def _unknown(conversation: Conversation) -> bool:
    return conversation.outcome is Outcome.RESET_UNACKNOWLEDGED


def _known(conversation: Conversation) -> bool:
    """Its program ended it at once, so that the reset crossed the request: that one acknowledges (RST, ACK:
    `tcp_send_active_reset` in net/ipv4/tcp_output.c). A kernel that never knew it does not (`tcp_v4_send_reset`).
    """
    flags = [p.flags for p in conversation.detail.packets if p.sender is End.TARGET] if conversation.detail else []
    first = next((each for each in flags if "RST" in each), "")
    return _unknown(conversation) and "ACK" in first
