"""Out of many packets the segments of a few conversations, for the second look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.sources.captures.kernels.decode import decode
from why502.sources.captures.kernels.layout import (
    P_AT,
    P_CAPTURED,
    P_LINK,
    P_NS,
    P_NUMBER,
    P_WIRE,
    PACKET_WORDS,
    S_NS,
    S_NUMBER,
    SEGMENT_WORDS,
)
from why502.sources.captures.kernels.reasons import SEGMENT
from why502.sources.captures.kernels.table import side_of, tag_of

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Octets, Words


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


def take_wanted(
    data: Octets, packets: Words, count: int, segments: Words, fragments: Words, wanted: Words, chosen: Words
) -> int:
    """Of `count` packets those that are wanted, decoded, and those that are no TCP (or not understood).

    Pairs of offsets, into `packets` and into `segments` (-1: no TCP); answers how many.
    """
    found = taken = 0
    for p in range(0, count * PACKET_WORDS, PACKET_WORDS):
        link, s = packets[p + P_LINK], taken * SEGMENT_WORDS
        if link < 0:
            continue
        begin, wire = packets[p + P_AT], packets[p + P_WIRE]
        at = s
        if decode(data, begin, begin + packets[p + P_CAPTURED], wire, link, segments, s, fragments) == SEGMENT:
            if not is_wanted(wanted, tag_of(segments, s, side_of(segments, s), 0)):
                continue
            segments[s + S_NUMBER], segments[s + S_NS] = packets[p + P_NUMBER], packets[p + P_NS]
            taken += 1
        else:
            at = -1
        chosen[2 * found], chosen[2 * found + 1] = p, at
        found += 1
    return found
