"""SYNs that were lost at moments at which the target's accept queue can have held nothing.

A listener drops a SYN if its accept queue is full (`tcp_conn_request`), and the queue holds connections whose handshake
is complete and that the application has not accepted (`inet_csk_reqsk_queue_add`). One that was answered has been
accepted. So where every connection that stood when a SYN was lost had been answered before, the queue held none of
them: only clients that are not in this capture can have filled it.
"""

from __future__ import annotations

from bisect import bisect_right
from math import inf
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
    beside_left: int = 0
    """Of these, sent while one stood whose request was never answered, nor the connection ever closed by the target:
    nobody may have accepted it, ever."""


def lost_syns(conversations: Sequence[Conversation]) -> LostSyns:
    """Of all conversations with one target; each must be told, or one that waited could be missed."""
    spans = [span for c in conversations if (span := waiting_s(c)) is not None]
    left_s = min((begin_s for begin_s, end_s in spans if end_s == inf), default=inf)
    waiting = _merged(sorted(spans))
    begins_s = [begin_s for begin_s, _ in waiting]
    times_s = [at_s for c in conversations for at_s in lost_s(c)]
    alone = 0
    for at_s in times_s:
        place = bisect_right(begins_s, at_s + SLACK_S) - 1
        alone += place < 0 or waiting[place][1] < at_s - SLACK_S
    return LostSyns(len(times_s), alone, sum(at_s > left_s for at_s in times_s))


def lost_s(conversation: Conversation) -> tuple[float, ...]:
    """When a SYN was sent that no SYN-ACK answered (the last one did, if the connection stood in the end)."""
    if conversation.outcome is Outcome.SYN_UNANSWERED:
        return conversation.syn_s
    return conversation.syn_s[:-1] if conversation.synack_s else ()


def waiting_s(conversation: Conversation) -> tuple[float, float] | None:
    """From when to when at the latest it may have been waiting to be accepted; None: it never was in the queue.

    Half-open ones count as well. When the first answer came is known only if it was the last or the last but one;
    otherwise it was no later than the last but one.
    """
    if conversation.syn_s and not conversation.synack_s:
        return None
    begin_s = conversation.syn_s[-1] if conversation.syn_s else conversation.first_s
    if conversation.outcome is Outcome.NOT_ANSWERED and conversation.new and not _ended_by_target(conversation):
        # Who gives up leaves the queue no sooner for that: `inet_csk_accept` still hands the connection out, and only
        # then can the target close it. Some programs have queues that nobody empties (one of several workers hangs).
        return begin_s, inf
    if not conversation.exchanges:
        return begin_s, conversation.end_s or conversation.last_s
    if conversation.exchanges == 1 and conversation.answer_s is not None:
        return begin_s, conversation.answer_s
    return begin_s, (conversation.request_s or conversation.last_s) - (conversation.idle_before_request_s or 0.0)


def _ended_by_target(conversation: Conversation) -> bool:
    return conversation.reset_by_target or conversation.fin_by_target_s is not None


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
