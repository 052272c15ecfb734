"""Out of many segments those of a few conversations, for the second look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.sources.captures.kernels.layout import (
    P_LINK,
    P_NUMBER,
    PACKET_WORDS,
    S_NUMBER,
    S_TAG,
    SEGMENT_WORDS,
)

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Words


def want(wanted: Words, tag: int) -> None:
    """Put a conversation's tag into a set: open addressing, 0 is an empty place. Its length is a power of two."""
    mask = len(wanted) - 1
    place = tag & mask
    while wanted[place] not in (0, tag + 1):
        place = place + 1 & mask
    wanted[place] = tag + 1


def is_wanted(wanted: Words, tag: int) -> int:
    mask = len(wanted) - 1
    place = tag & mask
    while wanted[place]:
        if wanted[place] == tag + 1:
            return 1
        place = place + 1 & mask
    return 0


def choose(packets: Words, taken: int, segments: Words, count: int, wanted: Words, chosen: Words) -> int:
    """Of `taken` packets and their `count` segments: which are wanted, and which are no TCP.

    Pairs of offsets, into `packets` and into `segments` (-1: no TCP); answers how many.
    """
    found, s, over = 0, 0, count * SEGMENT_WORDS
    for p in range(0, taken * PACKET_WORDS, PACKET_WORDS):
        if s < over and segments[s + S_NUMBER] == packets[p + P_NUMBER]:
            if is_wanted(wanted, segments[s + S_TAG]):
                chosen[2 * found], chosen[2 * found + 1] = p, s
                found += 1
            s += SEGMENT_WORDS
        elif packets[p + P_LINK] >= 0:
            chosen[2 * found], chosen[2 * found + 1] = p, -1
            found += 1
    return found
