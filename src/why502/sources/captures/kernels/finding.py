"""Which conversation a segment belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.sources.captures.kernels.layout import (
    C_A_HIGH,
    C_A_LOW,
    C_B_HIGH,
    C_B_LOW,
    C_PORTS,
    C_STATE,
    C_TAG,
    CONVERSATION_WORDS,
    M_FORGOTTEN,
    M_MASK,
    M_RESTED,
    M_USED,
    OPEN,
    Q_PORTS,
    S_FROM_HIGH,
    S_PORTS,
    S_SIDE,
    S_TAG,
    S_TO_HIGH,
)
from why502.sources.captures.kernels.resting import GONE, place_of, resting_tag
from why502.sources.captures.kernels.slots import AT_REST, insert, resting_mark, row_mark
from why502.sources.captures.kernels.table import swapped

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Words


def find(segments: Words, s: int, table: Words, slots: Words, resting: Words, meta: Words) -> int:
    """The mark of a segment's conversation, 0 if there is none."""
    tag, mask = segments[s + S_TAG], meta[M_MASK]
    slot = tag & mask
    while slots[slot]:
        if slots[slot] >> 32 == tag:
            mark = slots[slot] & 0xFFFFFFFF
            if mark & AT_REST:
                if is_of(resting, place_of(mark), segments, s):
                    return mark
            elif is_of(table, (mark - 1) * CONVERSATION_WORDS, segments, s):
                return mark
        slot = slot + 1 & mask
    return 0


def is_of(table: Words, r: int, segments: Words, s: int) -> int:
    """Whether a segment belongs to the conversation that is described there: the same two ends."""
    side = segments[s + S_SIDE]
    a, b = (S_TO_HIGH, S_FROM_HIGH) if side else (S_FROM_HIGH, S_TO_HIGH)
    ports = segments[s + S_PORTS]
    return int(
        table[r + C_A_LOW] == segments[s + a + 1]
        and table[r + C_B_LOW] == segments[s + b + 1]
        and table[r + C_PORTS] == (swapped(ports) if side else ports)
        and table[r + C_A_HIGH] == segments[s + a]
        and table[r + C_B_HIGH] == segments[s + b]
    )


def refill(slots: Words, table: Words, resting: Words, meta: Words) -> None:
    """Put every conversation into empty slots, after their number changed."""
    for row in range(meta[M_USED]):
        r = row * CONVERSATION_WORDS
        if table[r + C_STATE] == OPEN:
            insert(slots, meta[M_MASK], table[r + C_TAG], row_mark(row))
    for number in range(meta[M_FORGOTTEN], meta[M_RESTED]):
        q = place_of(number)
        if resting[q + Q_PORTS] != GONE:
            insert(slots, meta[M_MASK], resting_tag(resting, q, meta), resting_mark(number))
