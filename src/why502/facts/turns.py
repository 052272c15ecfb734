"""The requests of one conversation, by the turns of its payload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.conversations import Outcome
from why502.model.details import End, Protocol
from why502.model.patterns import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.conversations import Conversation


def is_known(conversation: Conversation) -> bool:
    """A handshake of TLS has turns of its own, and its requests cannot be told from it; nor is a turn known that the
    recorder lost.
    """
    detail = conversation.detail
    if detail is not None and detail.gaps:
        return False
    if detail is not None and detail.protocol in (Protocol.TLS, Protocol.HTTP2):
        return False
    return conversation.exchanges <= 1 or (detail is not None and not detail.packets_left_out)


def spans_of(conversation: Conversation) -> Iterator[Span]:
    """The requests of one conversation, by the turns of its payload."""
    detail, end_s = conversation.detail, conversation.last_s
    if detail is None or detail.packets_left_out or not detail.packets:
        if conversation.request_s is not None:
            fresh = conversation.exchanges <= 1
            one = _span(conversation.request_s, conversation.answer_s, _left_s(conversation), end_s, fresh=fresh)
            yield one._replace(connected_s=conversation.established_s if fresh else None)
        return
    asked_s = answered_s = None
    fresh, connected_s = conversation.opened, conversation.established_s
    for packet in detail.packets:
        if not packet.payload_bytes:
            continue
        if packet.sender is End.TARGET:
            answered_s = packet.at_s if answered_s is None else answered_s
        elif asked_s is None or answered_s is not None:
            if asked_s is not None:
                yield _span(asked_s, answered_s, None, end_s, fresh=fresh)._replace(connected_s=connected_s)
                fresh, connected_s = False, None
            asked_s, answered_s = packet.at_s, None
    if asked_s is not None:
        yield _span(asked_s, answered_s, _left_s(conversation), end_s, fresh=fresh)._replace(connected_s=connected_s)


def _left_s(conversation: Conversation) -> float | None:
    """When the proxy left it; None if it never did before the target."""
    left_s = conversation.fin_by_opener_s
    if left_s is None and conversation.reset_by_opener:
        left_s = conversation.end_s
    return left_s if left_s is not None or conversation.outcome is not Outcome.NOT_ANSWERED else conversation.end_s


def _span(asked_s: float, answered_s: float | None, left_s: float | None, end_s: float, *, fresh: bool) -> Span:
    if answered_s is not None and (left_s is None or answered_s <= left_s):
        return Span(asked_s, answered_s, None, fresh)
    until_s = end_s if answered_s is None else answered_s
    return Span(asked_s, until_s, end_s if left_s is None else left_s, fresh)
