"""Connections opened in advance that were forgotten together with others which had served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.conversations import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.conversations import Conversation
    from why502.model.wire import TargetWire


def forgotten_with(wire: TargetWire | None, conversations: Sequence[Conversation]) -> list[Conversation]:
    """Those of the new connections that had stood unused while a connection that had served was forgotten.

    A kernel that answers both with a bare RST has lost both (`tcp_v4_send_reset`). No queue explains that: what had
    served had been accepted.
    """
    lost = [_unheard(c) for c in (wire.failed if wire else ()) if c.outcome is Outcome.STALE and c.reset_bare]
    return [c for c in conversations if _opened_in_advance(c) and any(_meet(_unheard(c), other) for other in lost)]


def _opened_in_advance(conversation: Conversation) -> bool:
    return (
        conversation.outcome is Outcome.RESET_UNACKNOWLEDGED
        and conversation.reset_bare
        and conversation.idle_before_request_s is not None
    )


def _unheard(conversation: Conversation) -> tuple[float, float]:
    """In which time the other end forgot it: from the last word before the request to the RST."""
    end_s = conversation.last_s if conversation.end_s is None else conversation.end_s
    asked_s = end_s if conversation.request_s is None else conversation.request_s
    return asked_s - (conversation.idle_before_request_s or 0.0), end_s


def _meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
