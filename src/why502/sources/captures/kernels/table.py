"""The table of the open conversations: rows, and the lists that rows stand in."""

from __future__ import annotations

from why502.sources.captures.kernels.layout import (
    BASE,
    C_A_HIGH,
    C_A_LOW,
    C_B_HIGH,
    C_B_LOW,
    C_DATA_NS,
    C_FIRST,
    C_FIRST_NS,
    C_FIRST_SIDE,
    C_FLOWS,
    C_NEXT,
    C_OPENER,
    C_PORTS,
    C_PREVIOUS,
    C_STATE,
    C_TAG,
    C_TALKER,
    CONVERSATION_WORDS,
    FLOW_WORDS,
    FREE,
    HOLES,
    M_FREE,
    M_MASK,
    M_OPEN,
    M_TOLD,
    M_USED,
    OPEN,
    RUN_SILENCE_NS,
    S_FROM_HIGH,
    S_FROM_LOW,
    S_NS,
    S_NUMBER,
    S_PORTS,
    S_SIDE,
    S_TAG,
    S_TO_HIGH,
    S_TO_LOW,
    SYN_LIST,
)
from why502.sources.captures.kernels.pool import give_all
from why502.sources.captures.kernels.slots import insert, row_mark
from why502.sources.captures.kernels.words import Words, mix


def side_of(segments: Words, s: int) -> int:
    """Which side of its conversation sent a segment: 0 is the one with the lower address, then the lower port."""
    if segments[s + S_FROM_HIGH] != segments[s + S_TO_HIGH]:
        return int(segments[s + S_FROM_HIGH] > segments[s + S_TO_HIGH])
    if segments[s + S_FROM_LOW] != segments[s + S_TO_LOW]:
        return int(segments[s + S_FROM_LOW] > segments[s + S_TO_LOW])
    return int((segments[s + S_PORTS] >> 16 & 0xFFFF) > (segments[s + S_PORTS] & 0xFFFF))


def tag_of(segments: Words, s: int, side: int, seed: int) -> int:
    """31 bits of hash of a conversation's addresses and ports."""
    ports = segments[s + S_PORTS]
    a, b = (S_TO_LOW, S_FROM_LOW) if side else (S_FROM_LOW, S_TO_LOW)
    tag = mix(mix(seed, segments[s + a]), segments[s + b] << 31 ^ (swapped(ports) if side else ports))
    if segments[s + a - 1] or segments[s + b - 1]:
        tag = mix(mix(tag, segments[s + a - 1]), segments[s + b - 1])
    return tag >> 7 & 0x7FFFFFFF


def swapped(ports: int) -> int:
    """The ports the other way round."""
    return ports >> 32 << 32 | (ports & 0xFFFF) << 16 | (ports >> 16 & 0xFFFF)


def begin(segments: Words, s: int, table: Words, slots: Words, meta: Words) -> int:
    """A new row for a segment's conversation. The caller of the kernels sees to it that there is room."""
    row, side = meta[M_FREE], segments[s + S_SIDE]
    if row >= 0:
        meta[M_FREE] = table[row * CONVERSATION_WORDS + C_NEXT]
    else:
        row = meta[M_USED]
        meta[M_USED] = row + 1
    r = row * CONVERSATION_WORDS
    for word in range(CONVERSATION_WORDS):
        table[r + word] = 0
    a, b = (S_TO_HIGH, S_FROM_HIGH) if side else (S_FROM_HIGH, S_TO_HIGH)
    table[r + C_A_HIGH], table[r + C_A_LOW] = segments[s + a], segments[s + a + 1]
    table[r + C_B_HIGH], table[r + C_B_LOW] = segments[s + b], segments[s + b + 1]
    table[r + C_PORTS] = swapped(segments[s + S_PORTS]) if side else segments[s + S_PORTS]
    table[r + C_TAG], table[r + C_STATE] = segments[s + S_TAG], OPEN
    table[r + C_FIRST], table[r + C_FIRST_NS] = segments[s + S_NUMBER], segments[s + S_NS]
    table[r + C_FIRST_SIDE] = side
    for column in (C_TALKER, C_DATA_NS, C_OPENER, C_NEXT, C_PREVIOUS):
        table[r + column] = -1
    for flow in (r + C_FLOWS, r + C_FLOWS + FLOW_WORDS):
        table[flow + BASE] = table[flow + HOLES] = table[flow + SYN_LIST] = table[flow + RUN_SILENCE_NS] = -1
    insert(slots, meta[M_MASK], segments[s + S_TAG], row_mark(row))
    meta[M_OPEN] += 1
    return row


def release(row: int, table: Words, pool: Words, meta: Words) -> None:
    """Back to the free rows, with all its nodes."""
    r = row * CONVERSATION_WORDS
    for flow in (r + C_FLOWS, r + C_FLOWS + FLOW_WORDS):
        give_all(pool, meta, table[flow + HOLES])
        give_all(pool, meta, table[flow + SYN_LIST])
    table[r + C_STATE], table[r + C_NEXT] = FREE, meta[M_FREE]
    meta[M_FREE] = row


def release_told(table: Words, pool: Words, meta: Words) -> None:
    """Those that were to be told have been."""
    row = meta[M_TOLD]
    while row >= 0:
        following = table[row * CONVERSATION_WORDS + C_NEXT]
        release(row, table, pool, meta)
        row = following
    meta[M_TOLD] = meta[M_TOLD + 1] = -1


def append(table: Words, row: int, meta: Words, first: int) -> None:
    """Put a row at the end of a list; `first` and the word after it hold the list's ends."""
    last = meta[first + 1]
    table[row * CONVERSATION_WORDS + C_PREVIOUS] = last
    table[row * CONVERSATION_WORDS + C_NEXT] = -1
    if last >= 0:
        table[last * CONVERSATION_WORDS + C_NEXT] = row
    else:
        meta[first] = row
    meta[first + 1] = row


def unlink(table: Words, row: int, meta: Words, first: int) -> None:
    """Take a row out of the list it stands in."""
    r = row * CONVERSATION_WORDS
    before, following = table[r + C_PREVIOUS], table[r + C_NEXT]
    if before >= 0:
        table[before * CONVERSATION_WORDS + C_NEXT] = following
    else:
        meta[first] = following
    if following >= 0:
        table[following * CONVERSATION_WORDS + C_PREVIOUS] = before
    else:
        meta[first + 1] = before
