"""Which conversations deserve a second look: those that failed, and those of which the first cannot tell.

A truncated or malformed answer, or a refused certificate, looks like any other exchange until its bytes are read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Final

from why502.model.conversations import Conversation, Outcome
from why502.sources.captures.kernels.hearing import TWICE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from why502.model.wire import StatusLine

MAX_FAILED: Final = 200
MAX_ODD: Final = 400
MAX_ERRING: Final = 100
MAX_DOUBTFUL: Final = 400
TIMES_AGAIN: Final = 3
UNHEARD_S: Final = 2.0
"""A segment is sent again after 0.2, 0.6, 1.4 and 3 s (RFC 6298; `TCP_RTO_MIN`): a network that is well lost none of
these."""
MAX_PACKETS: Final = 100_000
"""Of all chosen conversations together."""


def chosen(conversations: Sequence[Conversation], erring: AbstractSet[int] = frozenset()) -> list[Conversation]:
    """At most `MAX_FAILED` that failed, of every kind some; then at most `MAX_ODD` in which the first look saw
    something odd; then at most `MAX_ERRING` of those of `erring` (numbers of first packets); then at most
    `MAX_DOUBTFUL`, what is unusual and the rarest endings first.
    """
    failed = islice(_in_turn(c for c in conversations if c.failed), MAX_FAILED)
    odd = islice(_in_turn(c for c in conversations if _odd(c)), MAX_ODD)
    rest = [c for c in conversations if not _odd(c) and not c.failed]
    told = islice(_in_turn(c for c in rest if c.at.number in erring), MAX_ERRING)
    doubtful = islice(_in_turn(c for c in rest if c.at.number not in erring and _doubtful(c)), MAX_DOUBTFUL)
    return _within_budget([*failed, *odd, *told, *doubtful])


def with_errors(conversations: Iterable[Conversation], errors: Iterable[StatusLine]) -> set[int]:
    """Those in which the target answered 5xx, by the numbers of their first packets."""
    times_s: dict[str, list[float]] = defaultdict(list)
    for line in errors:
        times_s[line.opener].append(line.at_s)
    told = ((c, times_s.get(c.opener, ())) for c in conversations)
    return {c.at.number or 0 for c, at_s in told if any(c.first_s <= one_s <= c.last_s for one_s in at_s)}


def unheard(conversation: Conversation) -> bool:
    """What it sent last was sent again and again until the capture's end, and not acknowledged: its FIN waits behind.

    A proxy that gives up closes its socket, but the kernel sends a FIN after the data only (RFC 9293, section 3.10.4).
    """
    asked_s = conversation.request_s
    return (
        conversation.outcome is Outcome.OPEN
        and conversation.retransmissions_sent >= TIMES_AGAIN
        and conversation.bytes_acknowledged < conversation.bytes_sent
        and asked_s is not None
        and conversation.last_s - asked_s >= UNHEARD_S
    )


def _odd(conversation: Conversation) -> bool:
    return conversation.oddity >= TWICE and not conversation.failed


def _doubtful(conversation: Conversation) -> bool:
    """It was served and ended; or it fell silent; or its SYN was alone at the end of the capture, and an ICMP error may
    say why.
    """
    if conversation.outcome is Outcome.ANSWERED:
        return conversation.end_s is not None
    if unheard(conversation):
        return True
    return conversation.outcome is Outcome.PARTIAL and bool(conversation.syn_s) and not conversation.synack_s


def _in_turn(conversations: Iterable[Conversation]) -> Iterator[Conversation]:
    """One of each kind, the rarest kind first, and again until all have come."""
    kinds: dict[Hashable, list[Conversation]] = defaultdict(list)
    for conversation in conversations:
        kinds[_kind(conversation)].append(conversation)
    counts = Counter({kind: len(members) for kind, members in kinds.items()})
    rarest_first = sorted(kinds.values(), key=lambda members: counts[_kind(members[0])])
    for row in zip_longest(*rarest_first):
        yield from (conversation for conversation in row if conversation is not None)


def _kind(conversation: Conversation) -> Hashable:
    by_target, by_opener = conversation.fin_by_target_s, conversation.fin_by_opener_s
    target_first = by_target is not None and (by_opener is None or by_target <= by_opener)
    return (
        conversation.target,
        conversation.outcome,
        conversation.oddity,
        target_first,
        conversation.reset_by_target,
        conversation.reset_by_opener,
    )


def _within_budget(conversations: Iterable[Conversation]) -> list[Conversation]:
    kept: list[Conversation] = []
    packets = 0
    for conversation in conversations:
        if packets + conversation.packets <= MAX_PACKETS or not kept:
            packets += conversation.packets
            kept.append(conversation)
    return kept
