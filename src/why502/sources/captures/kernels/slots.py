"""Slots: where conversations are found by the hash of their addresses and ports.

Open addressing with linear probing; a slot holds 31 bits of the hash, and a mark that tells the row, so that most rows
that are not meant are never touched. Slots are emptied by shifting back what follows (Knuth, TAOCP 6.4, algorithm R).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Words

AT_REST: Final = 1 << 31
"""In the mark of a conversation that has no row any more (`resting`)."""


def row_mark(row: int) -> int:
    """What a slot holds below the hash: for a row that number..."""
    return row + 1


def resting_mark(number: int) -> int:
    """...and this one for a conversation at rest (`resting`)."""
    return AT_REST | number & AT_REST - 1


def insert(slots: Words, mask: int, tag: int, mark: int) -> None:
    slot = tag & mask
    while slots[slot]:
        slot = slot + 1 & mask
    slots[slot] = tag << 32 | mark


def slot_of(slots: Words, mask: int, tag: int, mark: int) -> int:
    """Where that stands."""
    slot = tag & mask
    while slots[slot] != tag << 32 | mark:
        slot = slot + 1 & mask
    return slot


def remove(slots: Words, mask: int, tag: int, mark: int) -> None:
    """Empty a slot, and close the gap: nothing behind it may become unreachable."""
    hole = slot_of(slots, mask, tag, mark)
    slots[hole] = 0
    slot = hole + 1 & mask
    while slots[slot]:
        home = (slots[slot] >> 32) & mask
        if (slot - home & mask) >= (slot - hole & mask):
            slots[hole], slots[slot] = slots[slot], 0
            hole = slot
        slot = slot + 1 & mask
