"""Conversations at rest: over, and counted, but their last packets may come again.

Most conversations end alike: answered, with a FIN of each side that the other one acknowledged. Such a one is judged
there and then, its row is free for another, and only its ends and sequence numbers are kept, so that a late packet is
not taken for the beginning of something new. So memory grows with the open conversations alone.
"""

from __future__ import annotations

from typing import Final

from why502.sources.captures.kernels.closing import finish, fins_arrived
from why502.sources.captures.kernels.decode import SYN
from why502.sources.captures.kernels.flows import data_seq
from why502.sources.captures.kernels.judge import count, in_window, is_told
from why502.sources.captures.kernels.layout import (
    ACKED,
    BASE,
    C_A_HIGH,
    C_CHOSEN,
    C_DECIDED,
    C_FLOWS,
    C_LAST_NS,
    C_OPENER,
    C_OUTCOME,
    C_PORTS,
    C_STATE,
    C_TAG,
    C_UNTIL_NS,
    CONVERSATION_WORDS,
    FIN_FRAME,
    FLOW_WORDS,
    M_CLOSING,
    M_FORGOTTEN,
    M_MASK,
    M_NOW_NS,
    M_OPEN,
    M_RESTED,
    M_SEED,
    M_TELL_ALL,
    M_USED,
    OPEN,
    Q_A_HIGH,
    Q_BASES,
    Q_CLOSED_NS,
    Q_PORTS,
    Q_SENT,
    RESTING_PLACES,
    RESTING_WORDS,
    RST_FRAME,
    S_FLAGS,
    S_FROM_HIGH,
    S_PAYLOAD,
    S_SIDE,
    SENT,
)
from why502.sources.captures.kernels.outcomes import ANSWERED, decide
from why502.sources.captures.kernels.slots import remove, resting_mark, row_mark, slot_of
from why502.sources.captures.kernels.table import release, tag_of, unlink
from why502.sources.captures.kernels.tally import is_crowded
from why502.sources.captures.kernels.words import Words, joined

REMEMBERED_NS: Final = 120_000_000_000
"""How long one at rest is known: whoever missed the acknowledgement of data or of a FIN repeats them for minutes, up to
this far apart (`TCP_RTO_MAX`). Another connection of the same ends is told by its numbers.
"""
GONE: Final = -1


def is_settled(table: Words, r: int, meta: Words) -> int:
    """Whether nothing that still comes can change what is known of a closed conversation: both FINs arrived, and nobody
    reset it.
    """
    a, b = r + C_FLOWS, r + C_FLOWS + FLOW_WORDS
    if table[a + ACKED] <= table[a + SENT] or table[b + ACKED] <= table[b + SENT]:
        return 0  # no FIN was acknowledged; these words lie where every segment is noted
    if meta[M_TELL_ALL] or table[r + C_CHOSEN] or table[r + C_OPENER] < 0:
        return 0
    if table[a + RST_FRAME] or table[b + RST_FRAME] or not table[a + FIN_FRAME] or not table[b + FIN_FRAME]:
        return 0
    return fins_arrived(table, a, b)


def rest(row: int, table: Words, slots: Words, resting: Words, pool: Words, tally: Words, meta: Words) -> None:
    """Put a settled conversation to rest, if it was answered and need not be told."""
    r = row * CONVERSATION_WORDS
    if is_crowded(meta) or not in_window(table, r, meta):
        return
    table[r + C_UNTIL_NS] = meta[M_NOW_NS]
    table[r + C_OUTCOME], table[r + C_DECIDED] = decide(table, r)
    if table[r + C_OUTCOME] != ANSWERED:
        return
    if is_told(table, r, tally, meta):
        table[r + C_CHOSEN] = 1
        return
    count(table, r, tally, meta)
    if meta[M_RESTED] - meta[M_FORGOTTEN] == RESTING_PLACES:
        forget_oldest(slots, resting, meta)
    number, tag = meta[M_RESTED], table[r + C_TAG]
    q = place_of(number)
    for word in range(C_PORTS + 1):
        resting[q + Q_A_HIGH + word] = table[r + C_A_HIGH + word]
    a, b = r + C_FLOWS, r + C_FLOWS + FLOW_WORDS
    resting[q + Q_BASES], resting[q + Q_CLOSED_NS] = joined(table[b + BASE], table[a + BASE]), meta[M_NOW_NS]
    resting[q + Q_SENT] = joined(min(table[b + SENT], 0xFFFFFFFF), min(table[a + SENT], 0xFFFFFFFF))
    slots[slot_of(slots, meta[M_MASK], tag, row_mark(row))] = tag << 32 | resting_mark(number)
    meta[M_RESTED] = number + 1
    meta[M_OPEN] -= 1
    unlink(table, row, meta, M_CLOSING)
    release(row, table, pool, meta)


def is_late(resting: Words, q: int, segments: Words, s: int) -> int:
    """Whether a segment still belongs to a conversation at rest: not if it opens a connection with another initial
    sequence number, nor if it is data that this one never had. (Whoever missed an acknowledgement sends again for
    minutes.)
    """
    base = resting[q + Q_BASES] >> 32 * segments[s + S_SIDE] & 0xFFFFFFFF
    begin = data_seq(segments, s) - base & 0xFFFFFFFF
    if segments[s + S_FLAGS] & SYN:
        return int(begin == 0)
    return int(segments[s + S_PAYLOAD] == 0 or begin < resting[q + Q_SENT] >> 32 * segments[s + S_SIDE] & 0xFFFFFFFF)


def forget(number: int, slots: Words, resting: Words, meta: Words) -> None:
    """Its ends belong to nobody any more."""
    q = place_of(number)
    if resting[q + Q_PORTS] != GONE:
        remove(slots, meta[M_MASK], resting_tag(resting, q, meta), resting_mark(number))
        resting[q + Q_PORTS] = GONE


def resting_tag(resting: Words, q: int, meta: Words) -> int:
    """Its hash, as of a segment that side 0 sent: the ends stand in the same order."""
    return tag_of(resting, q - S_FROM_HIGH, 0, meta[M_SEED])


def forget_oldest(slots: Words, resting: Words, meta: Words) -> None:
    forget(meta[M_FORGOTTEN], slots, resting, meta)
    meta[M_FORGOTTEN] += 1


def forget_old(slots: Words, resting: Words, meta: Words) -> None:
    """Those that have been over for a while; a clock that steps back ends the waiting, too."""
    while meta[M_FORGOTTEN] < meta[M_RESTED]:
        closed_ns = resting[place_of(meta[M_FORGOTTEN]) + Q_CLOSED_NS]
        if abs(meta[M_NOW_NS] - closed_ns) <= REMEMBERED_NS:
            return
        forget_oldest(slots, resting, meta)


def place_of(number: int) -> int:
    """Where the conversation that was put to rest as this one is described."""
    return (number & RESTING_PLACES - 1) * RESTING_WORDS


def finish_all(
    until_ns: int, silent_since_ns: int, table: Words, slots: Words, resting: Words, tally: Words, meta: Words
) -> None:
    """Finish every conversation that has had no packet since `silent_since_ns`."""
    meta[M_NOW_NS] = until_ns
    for row in range(meta[M_USED]):
        r = row * CONVERSATION_WORDS
        if table[r + C_STATE] == OPEN and table[r + C_LAST_NS] <= silent_since_ns:
            finish(row, table, slots, tally, meta)
    while meta[M_FORGOTTEN] < meta[M_RESTED]:
        if resting[place_of(meta[M_FORGOTTEN]) + Q_CLOSED_NS] > silent_since_ns:
            return
        forget_oldest(slots, resting, meta)
