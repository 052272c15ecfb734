"""One direction of a conversation: what was sent, what the other side acknowledged, where the latest run began.

A run is a series of data segments without data from the other side in between: a request, or an answer. Sequence
numbers are kept relative to the first payload byte and do not wrap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.sources.captures.kernels.decode import ACK, FIN, RST, SYN
from why502.sources.captures.kernels.layout import (
    ACK_FRAME,
    ACK_NS,
    ACKED,
    BASE,
    FIN_FRAME,
    FIN_NS,
    FIN_SEQ,
    HOLE_COUNT,
    HOLES,
    N_FIRST,
    N_NEXT,
    N_SECOND,
    NODE_WORDS,
    REORDERED,
    RETRANSMISSIONS,
    RST_ACK,
    RST_FLAGS,
    RST_FRAME,
    RST_NS,
    S_ACK,
    S_CONTINUES,
    S_FLAGS,
    S_NS,
    S_NUMBER,
    S_PAYLOAD,
    S_SEQ,
    S_WINDOW,
    SEGMENTS,
    SENT,
    SYN_FRAME,
    SYN_LAST,
    SYN_LIST,
    SYN_NS,
    SYNS,
    ZERO_WINDOWS,
)
from why502.sources.captures.kernels.pool import give, take

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Words

MAX_SYNS: Final = 64
"""SYNs that are kept one by one; kernels send 11 at most (`tcp_syn_retries` = 6 plus 4 linear timeouts)."""
MAX_HOLES: Final = 32
"""Gaps that are remembered, to tell a reordered segment from a retransmitted one."""


def relative(table: Words, flow: int, number: int) -> int:
    """A sequence number, relative to BASE and without wrapping (RFC 9293, section 3.4)."""
    near, base = table[flow + SENT], max(table[flow + BASE], 0)
    return near + ((number - base - near + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def data_seq(segments: Words, s: int) -> int:
    """Sequence number of the first payload byte: the SYN takes one."""
    return segments[s + S_SEQ] + int(segments[s + S_FLAGS] & SYN != 0)


def note(table: Words, flow: int, pool: Words, meta: Words, segments: Words, s: int) -> None:
    """Flags and numbers of a segment that this side sent; its payload is for `place`."""
    flags = segments[s + S_FLAGS]
    if flags & SYN:
        if table[flow + BASE] < 0:
            table[flow + BASE] = data_seq(segments, s) & 0xFFFFFFFF
        note_syn(table, flow, pool, meta, segments[s + S_NUMBER], segments[s + S_NS])
    elif not flags & RST:
        if table[flow + BASE] < 0:
            table[flow + BASE] = segments[s + S_SEQ]
        if table[flow + ACK_FRAME] == 0:
            table[flow + ACK_FRAME], table[flow + ACK_NS] = segments[s + S_NUMBER], segments[s + S_NS]
        if segments[s + S_WINDOW] == 0:
            table[flow + ZERO_WINDOWS] += 1
    if flags & (FIN | RST):
        note_end(table, flow, segments, s)


def note_end(table: Words, flow: int, segments: Words, s: int) -> None:
    """The first FIN, and the first RST, of this side."""
    flags = segments[s + S_FLAGS]
    if flags & FIN and table[flow + FIN_FRAME] == 0:
        table[flow + FIN_FRAME], table[flow + FIN_NS] = segments[s + S_NUMBER], segments[s + S_NS]
        table[flow + FIN_SEQ] = data_seq(segments, s) + segments[s + S_PAYLOAD]
    if flags & RST and table[flow + RST_FRAME] == 0:
        table[flow + RST_FRAME], table[flow + RST_NS] = segments[s + S_NUMBER], segments[s + S_NS]
        table[flow + RST_FLAGS], table[flow + RST_ACK] = flags, segments[s + S_ACK]


def note_syn(table: Words, flow: int, pool: Words, meta: Words, number: int, at_ns: int) -> None:
    if table[flow + SYNS] == 0:
        table[flow + SYN_FRAME], table[flow + SYN_NS] = number, at_ns
    elif table[flow + SYNS] < MAX_SYNS:
        table[flow + SYN_LIST] = take(pool, meta, number, at_ns, table[flow + SYN_LIST])
    else:
        return
    table[flow + SYN_LAST] = number
    table[flow + SYNS] += 1


def acknowledged(table: Words, flow: int, segments: Words, s: int) -> None:
    """The other side's segment acknowledges; numbers beyond what was sent are ignored, as kernels do."""
    if not segments[s + S_FLAGS] & ACK:
        return
    if table[flow + BASE] < 0:
        table[flow + BASE] = segments[s + S_ACK]
    seen = min(relative(table, flow, segments[s + S_ACK]), table[flow + SENT] + 1)
    table[flow + ACKED] = max(table[flow + ACKED], seen)


def place(table: Words, flow: int, pool: Words, meta: Words, segments: Words, s: int) -> int:
    """Put a payload where it belongs; 0 if it had been sent before."""
    start = relative(table, flow, data_seq(segments, s))
    end = start + segments[s + S_PAYLOAD]
    sent = table[flow + SENT]
    if end > sent:
        if start > sent and table[flow + HOLE_COUNT] < MAX_HOLES:
            table[flow + HOLES] = take(pool, meta, sent, start, table[flow + HOLES])
            table[flow + HOLE_COUNT] += 1
        table[flow + SENT] = end
    elif table[flow + HOLES] < 0 or not fill(table, flow, pool, meta, start, end):
        keepalive = segments[s + S_PAYLOAD] == 1 and end == sent <= table[flow + ACKED]
        table[flow + RETRANSMISSIONS] += int(not keepalive)
        return 0
    if not segments[s + S_CONTINUES]:
        table[flow + SEGMENTS] += 1
    return 1


def fill(table: Words, flow: int, pool: Words, meta: Words, start: int, end: int) -> int:
    """Whether these bytes were missing: 1, and the gap they come from has shrunk, split or gone."""
    before, node = -1, table[flow + HOLES]
    while node >= 0:
        n = node * NODE_WORDS
        low, high, following = pool[n + N_FIRST], pool[n + N_SECOND], pool[n + N_NEXT]
        if start < high and end > low:
            break
        before, node = node, following
    if node < 0:
        return 0
    table[flow + REORDERED] += 1
    if low < start and end < high:
        pool[n + N_SECOND] = start
        pool[n + N_NEXT] = take(pool, meta, end, high, following)
        table[flow + HOLE_COUNT] += 1
    elif low < start:
        pool[n + N_SECOND] = start
    elif end < high:
        pool[n + N_FIRST] = end
    else:
        if before < 0:
            table[flow + HOLES] = following
        else:
            pool[before * NODE_WORDS + N_NEXT] = following
        table[flow + HOLE_COUNT] -= 1
        give(pool, meta, node)
    return 1
