"""Answers that the proxy left before they were whole, and for how long the target had been silent by then.

Two things show that more was to come: what was announced (where payload was captured), or data that the target sends
after the proxy has closed, and that meets a reset (`tcp_rcv_state_process`: data after close). The headers of TCP are
enough for the latter. A proxy that closes a pooled connection when its timer fires leaves the same silence behind, and
nothing comes after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.model.conversations import Conversation, Outcome
from why502.model.details import End
from why502.sources.captures.detail.http1 import Http1Dissector
from why502.sources.captures.detail.http2 import Http2Dissector
from why502.sources.captures.detail.streams import distance

if TYPE_CHECKING:
    from why502.sources.captures.detail.watching import Watch

FAREWELL_BYTES: Final = 128
"""What a server may still say on an idle connection (`outcomes.FAREWELL_BYTES`): a TLS close_notify, a 408 without a
page."""


def silence_midway_s(watch: Watch) -> float | None:
    """How long the target had sent nothing when the proxy left in the middle of an answer; None: it did not."""
    conversation, dissector = watch.conversation, watch.dissector
    left_s = _left_s(conversation)
    if left_s is None or isinstance(dissector, Http2Dissector):
        return None
    sent = [p for p in watch.packets if p.sender is End.TARGET and p.payload_bytes]
    before = [p for p in sent if p.at_s <= left_s]
    if not before:
        return None
    last = before[-1]
    behind = [p for p in sent if p.at_s > left_s and distance(p.seq, last.seq + last.payload_bytes) >= 0]
    late = sum({p.seq: p.payload_bytes for p in behind}.values()) > FAREWELL_BYTES and conversation.reset_by_opener
    more_to_come = late and conversation.fin_by_target_s is None
    return left_s - last.at_s if more_to_come or _unfinished(dissector) else None


def _left_s(conversation: Conversation) -> float | None:
    """When the proxy left, if it left first, and after the answer had begun."""
    c = conversation
    left_s = c.fin_by_opener_s
    if left_s is None and c.reset_by_opener and not c.reset_by_target:
        left_s = c.end_s
    if c.outcome is not Outcome.ANSWERED or left_s is None or c.answer_s is None or c.answer_s > left_s:
        return None
    return None if c.fin_by_target_s is not None and c.fin_by_target_s <= left_s else left_s


def _unfinished(dissector: object) -> bool:
    """More of the last answer was announced than came."""
    if not isinstance(dissector, Http1Dissector) or not dissector.turns:
        return False
    last = dissector.told[-1]
    return last.answer is not None and last.request is not None and last.complete is False
