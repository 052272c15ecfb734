"""How much of an answer came, of the last exchange of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.details import End

if TYPE_CHECKING:
    from why502.model.conversations import Conversation


def last_answer_bytes(conversation: Conversation) -> int | None:
    """Payload of the last answer, headers included; a lower bound where packets were left out, None: it cannot be told.

    The size of the headers alone is known only where payload was captured.
    """
    if conversation.exchanges == 1:
        return conversation.bytes_received
    detail = conversation.detail
    if detail is None or conversation.answer_s is None:
        return None
    since_s = conversation.answer_s
    sizes = {p.seq: p.payload_bytes for p in detail.packets if p.sender is End.TARGET and p.at_s >= since_s}
    return sum(sizes.values()) or None


def last_head_bytes(conversation: Conversation) -> int | None:
    """Status line and headers of the last answer, as far as they came; None: not all of it was captured."""
    exchanges = conversation.detail.exchanges if conversation.detail else ()
    return exchanges[-1].answer_head_bytes if exchanges else None
