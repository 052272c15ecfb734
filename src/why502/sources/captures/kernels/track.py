"""Which segments belong together, and what they do to their conversation.

Knows addresses, sequence numbers and the order of packets, and no proxy, no HTTP, no outcome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.sources.captures.kernels.ahead import look_ahead
from why502.sources.captures.kernels.closing import closed, expire, finish, reopen
from why502.sources.captures.kernels.decode import ACK, FIN, RST, SYN
from why502.sources.captures.kernels.finding import find
from why502.sources.captures.kernels.flows import acknowledged, data_seq, note, place, relative
from why502.sources.captures.kernels.hearing import continues_request, hear_said
from why502.sources.captures.kernels.layout import (
    ACK_FRAME,
    ACKED,
    BASE,
    C_CLOSED,
    C_CLOSED_NS,
    C_DATA_NS,
    C_FLOWS,
    C_LAST,
    C_LAST_NS,
    C_OPENER,
    C_SPOKEN,
    C_TALKER,
    CONTINUED,
    CONVERSATION_WORDS,
    FLOW_WORDS,
    LISTENS,
    M_CLOSING,
    M_NOW_NS,
    PACKETS,
    RST_FRAME,
    RUN_ACK,
    RUN_FRAME,
    RUN_FROM,
    RUN_NS,
    RUN_SILENCE_NS,
    S_ACK,
    S_CONTINUES,
    S_FLAGS,
    S_NS,
    S_NUMBER,
    S_PAYLOAD,
    S_SAID,
    S_SEQ,
    S_SIDE,
    S_WINDOW,
    S_WIRE,
    SEGMENT_WORDS,
    SENT,
    SYNS,
    TURNS,
    WIRE_BYTES,
)
from why502.sources.captures.kernels.recent import remember, saw
from why502.sources.captures.kernels.resting import forget, forget_old, is_late, is_settled, place_of, rest
from why502.sources.captures.kernels.slots import AT_REST
from why502.sources.captures.kernels.table import append, begin
from why502.sources.captures.kernels.tally import count_of, endpoint_of, increase

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Words


def track(
    segments: Words,
    count: int,
    table: Words,
    slots: Words,
    resting: Words,
    pool: Words,
    recent: Words,
    tally: Words,
    meta: Words,
) -> None:
    """Take segments in the order of the capture; conversations that are over go to the list of the finished."""
    for index in range(count):
        look_ahead(segments, index, count, table, slots, resting, recent, meta)
        s = index * SEGMENT_WORDS
        meta[M_NOW_NS] = segments[s + S_NS]
        mark = find(segments, s, table, slots, resting, meta)
        if not mark & AT_REST or not is_late(resting, place_of(mark), segments, s):
            row = row_for(mark, segments, s, table, slots, resting, tally, meta)
            r = row * CONVERSATION_WORDS
            add(table, r, segments[s + S_SIDE], segments, s, pool, recent, meta)
            if segments[s + S_FLAGS] & (SYN | FIN | RST):
                open_or_close(table, row, segments, s, tally, meta)
            if table[r + C_CLOSED] and is_settled(table, r, meta):
                rest(row, table, slots, resting, pool, tally, meta)
        if meta[M_CLOSING] >= 0:
            expire(table, slots, tally, meta)
        forget_old(slots, resting, meta)


def row_for(
    mark: int, segments: Words, s: int, table: Words, slots: Words, resting: Words, tally: Words, meta: Words
) -> int:
    """The row of a segment's conversation; a new one where it begins another between the same ends."""
    if mark & AT_REST:
        forget(mark, slots, resting, meta)
    elif mark:
        if not starts_anew(table, mark - 1, segments[s + S_SIDE], segments, s):
            return mark - 1
        finish(mark - 1, table, slots, tally, meta)
    return begin(segments, s, table, slots, meta)


def open_or_close(table: Words, row: int, segments: Words, s: int, tally: Words, meta: Words) -> None:
    """What a SYN, FIN or RST that was added does to its conversation as a whole."""
    r = row * CONVERSATION_WORDS
    if segments[s + S_FLAGS] & SYN:
        if table[r + C_FLOWS + PACKETS] + table[r + C_FLOWS + FLOW_WORDS + PACKETS] == 1:
            hear(table, r, tally, meta)
        elif table[r + C_CLOSED] and not closed(table, r):
            reopen(table, row, meta)
    if segments[s + S_FLAGS] & (FIN | RST) and table[r + C_CLOSED] == 0 and closed(table, r):
        table[r + C_CLOSED], table[r + C_CLOSED_NS] = 1, segments[s + S_NS]
        append(table, row, meta, M_CLOSING)


def hear(table: Words, r: int, tally: Words, meta: Words) -> None:
    """Remember that a conversation's target listens, for those whose SYN was not captured."""
    high, low, port = endpoint_of(table, r, 1 - table[r + C_OPENER])
    if count_of(tally, meta, high, low, port, LISTENS) == 0:
        increase(tally, meta, high, low, port, LISTENS)


def starts_anew(table: Words, row: int, side: int, segments: Words, s: int) -> int:
    """A SYN with another initial sequence number: the same addresses and ports, used again. So is the first SYN of a
    side after a close: what was seen before was the end of an older conversation, or the other side's attempt. A
    SYN-ACK begins a new one after a close alone: its SYN was not captured.
    """
    if not segments[s + S_FLAGS] & SYN:
        return 0
    base = table[row * CONVERSATION_WORDS + C_FLOWS + side * FLOW_WORDS + BASE]
    is_other = int(base != data_seq(segments, s) & 0xFFFFFFFF)
    if segments[s + S_FLAGS] & ACK:
        return int(base >= 0 and is_other and table[row * CONVERSATION_WORDS + C_CLOSED])
    return is_other if base >= 0 else table[row * CONVERSATION_WORDS + C_CLOSED]


def add(table: Words, r: int, side: int, segments: Words, s: int, pool: Words, recent: Words, meta: Words) -> None:
    """One segment; if it was captured again, it only counts as a packet, as Wireshark counts them."""
    flow, peer = r + C_FLOWS + side * FLOW_WORDS, r + C_FLOWS + (1 - side) * FLOW_WORDS
    if not segments[s + S_CONTINUES]:
        table[flow + PACKETS] += 1
    table[flow + WIRE_BYTES] += segments[s + S_WIRE]
    table[r + C_LAST], table[r + C_LAST_NS] = segments[s + S_NUMBER], segments[s + S_NS]
    if is_copy(table, flow, segments, s, recent):
        return
    flags = segments[s + S_FLAGS]
    if flags & SYN:
        if table[r + C_OPENER] < 0:
            table[r + C_OPENER] = 1 - side if flags & ACK else side
        elif not flags & ACK and table[flow + RST_FRAME] and not table[peer + SYNS]:
            forget_reset(table, r, flow, peer)
    note(table, flow, pool, meta, segments, s)
    acknowledged(table, peer, segments, s)
    if segments[s + S_PAYLOAD]:
        follows = int(relative(table, flow, data_seq(segments, s)) == table[flow + SENT])
        if place(table, flow, pool, meta, segments, s) and turns(table, r, side, peer, segments[s + S_ACK]):
            if continues_request(table, r, peer, follows, segments[s + S_SAID]):
                table[r + C_SPOKEN] |= CONTINUED
            else:
                begin_run(table, r, side, flow, segments, s)
        if segments[s + S_SAID]:
            hear_said(table, r, side, flow, segments, s)
        table[r + C_DATA_NS] = segments[s + S_NS]


def forget_reset(table: Words, r: int, flow: int, peer: int) -> None:
    """A side sends its SYN again after it reset what the first one met: a target that still knew an older connection of
    these ports answers a SYN by a bare ACK, and drops that connection when the reset comes (RFC 9293, section 3.5.1;
    RFC 5961, section 4). What was said until then belongs to the older one.
    """
    table[flow + RST_FRAME], table[flow + ACKED] = 0, 0
    table[peer + BASE], table[peer + ACK_FRAME], table[peer + SENT], table[peer + RUN_FRAME] = -1, 0, 0, 0
    table[r + C_TALKER], table[r + C_DATA_NS] = -1, -1


def is_copy(table: Words, flow: int, segments: Words, s: int, recent: Words) -> int:
    """Whether this packet was captured before. A bare acknowledgement changes nothing when it comes twice, and data
    beyond all that was sent comes for the first time: it is only remembered.
    """
    if segments[s + S_FLAGS] & SYN or segments[s + S_WINDOW] == 0:
        return saw(recent, segments, s)
    if not segments[s + S_PAYLOAD]:
        return 0
    if table[flow + BASE] >= 0:
        end = relative(table, flow, segments[s + S_SEQ]) + segments[s + S_PAYLOAD]
        if end > table[flow + SENT]:
            return remember(recent, segments, s)
    return saw(recent, segments, s)


def turns(table: Words, r: int, side: int, peer: int, ack: int) -> int:
    """Whether data begins a new run: it must acknowledge a byte of the other's, or it only crossed it."""
    if table[r + C_TALKER] == side:
        return 0
    return int(table[r + C_TALKER] < 0 or relative(table, peer, ack) > table[peer + RUN_FROM])


def begin_run(table: Words, r: int, side: int, flow: int, segments: Words, s: int) -> None:
    table[flow + RUN_FRAME], table[flow + RUN_NS] = segments[s + S_NUMBER], segments[s + S_NS]
    table[flow + RUN_ACK] = segments[s + S_ACK]
    table[flow + RUN_FROM] = relative(table, flow, data_seq(segments, s))
    silence_ns = -1 if table[r + C_DATA_NS] < 0 else max(0, segments[s + S_NS] - table[r + C_DATA_NS])
    table[flow + RUN_SILENCE_NS] = silence_ns
    table[flow + TURNS] += int(table[r + C_TALKER] >= 0)
    table[r + C_TALKER] = side
    table[r + C_SPOKEN] &= ~CONTINUED
