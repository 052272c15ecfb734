"""From a conversation that was looked at twice to the ladder that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.verdict import Ladder

if TYPE_CHECKING:
    from why502.model.conversations import Conversation


def ladder(conversation: Conversation) -> Ladder | None:
    """None if its packets were not kept."""
    detail = conversation.detail
    if detail is None or not detail.packets:
        return None
    return Ladder(
        opener=conversation.opener,
        target=conversation.target,
        outcome=conversation.outcome,
        reason=detail.reason,
        at=str(conversation.decided_at),
        packets=detail.packets,
        left_out=detail.packets_left_out,
        left_out_after=detail.left_out_after,
    )
