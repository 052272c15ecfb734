"""SYNs that were lost at moments at which the target's accept queue can have held nothing.

A listener drops a SYN if its accept queue is full (`tcp_conn_request`), and the queue holds connections whose handshake
is complete and that the application has not accepted (`inet_csk_reqsk_queue_add`). One that was answered has been
accepted. So where every connection that stood when a SYN was lost had been answered before, the queue held none of
them: only clients that are not in this capture can have filled it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.model.conversations import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from why502.model.conversations import Conversation

SLACK_S = 0.05
"""Between the packet at the capture and its arrival at the listener."""


class LostSyns(Struct, frozen=True):
    """SYNs that were not answered, retransmissions included."""

    lost: int
    alone: int
    """Of these, sent while no other connection waited to be accepted."""


def lost_syns(conversations: Sequence[Conversation]) -> LostSyns:
    """Of all conversations with one target; each must be told, or one that waited could be missed."""
    waiting = _merged(sorted(span for c in conversations if (span := _waiting_s(c)) is not None))
    begins_s = [begin_s for begin_s, _ in waiting]
    lost_s = [at_s for c in conversations for at_s in _lost_s(c)]
    alone = 0
    for at_s in lost_s:
        place = bisect_right(begins_s, at_s + SLACK_S) - 1
        alone += place < 0 or waiting[place][1] < at_s - SLACK_S
    return LostSyns(len(lost_s), alone)


def _lost_s(conversation: Conversation) -> tuple[float, ...]:
    """When a SYN was sent that no SYN-ACK answered (the last one did, if the connection stood in the end)."""
    if conversation.outcome is Outcome.SYN_UNANSWERED:
        return conversation.syn_s
    return conversation.syn_s[:-1] if conversation.synack_s else ()


def _waiting_s(conversation: Conversation) -> tuple[float, float] | None:
    """From when to when at the latest it may have been waiting to be accepted; None: it never was in the queue.

    Half-open ones count as well. When the first answer came is known only if it was the last or the last but one;
    otherwise it was no later than the last but one.
    """
    if conversation.syn_s and not conversation.synack_s:
        return None
    begin_s = conversation.syn_s[-1] if conversation.syn_s else conversation.first_s
    if not conversation.exchanges:
        return begin_s, conversation.end_s or conversation.last_s
    if conversation.exchanges == 1 and conversation.answer_s is not None:
        return begin_s, conversation.answer_s
    return begin_s, (conversation.request_s or conversation.last_s) - (conversation.idle_before_request_s or 0.0)


def _merged(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans that touch as one.

    >>> _merged([(0.0, 2.0), (1.0, 1.5), (3.0, 4.0)])
    [(0.0, 2.0), (3.0, 4.0)]
    """
    found: list[tuple[float, float]] = []
    for begin_s, end_s in spans:
        if found and begin_s <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end_s)
        else:
            found.append((begin_s, end_s))
    return found
