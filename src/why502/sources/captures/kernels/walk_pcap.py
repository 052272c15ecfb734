"""The classic capture file (draft-ietf-opsawg-pcap): one header, then packets, one link type."""

from __future__ import annotations

from typing import Final

from why502.sources.captures.kernels.layout import (
    BIG,
    LINK,
    NUMBER,
    OVER,
    P_AT,
    P_CAPTURED,
    P_LINK,
    P_NS,
    P_NUMBER,
    P_WIRE,
    PACKET_WORDS,
    TAKEN,
    UNIT_NS,
)
from why502.sources.captures.kernels.reasons import CUT, FRAME_TOO_LONG
from why502.sources.captures.kernels.words import Octets, Words, file32

MAX_FRAME_BYTES: Final = 256 * 1024
"""Largest packet that tcpdump and Wireshark write (MAXIMUM_SNAPLEN of libpcap's tcpdump, `netdissect.h`)."""
_HEAD_BYTES: Final = 16


def unread(walk: Words, packets: Words, taken: int, number: int, reason: int, first: int, second: int) -> int:
    """One packet that cannot be taken out of the file; the new number of those taken."""
    at = taken * PACKET_WORDS
    packets[at + P_NUMBER] = number
    packets[at + P_LINK] = -reason
    packets[at + P_CAPTURED] = first
    packets[at + P_WIRE] = second
    walk[TAKEN] = taken + 1
    return taken + 1


def walk_pcap(data: Octets, at: int, end: int, final: int, walk: Words, packets: Words, room: int) -> int:
    """Take packets out of `data[at:end]`; answers where it stopped: at a packet that is not there as a whole, if
    more is to come (`final` 0), or with `room` packets taken.
    """
    big, unit_ns, link, number = walk[BIG], walk[UNIT_NS], walk[LINK], walk[NUMBER]
    taken = 0
    while taken < room and at < end:
        captured = file32(data, at + 8, big) if end - at >= _HEAD_BYTES else 0
        if captured > MAX_FRAME_BYTES:
            taken = unread(walk, packets, taken, number + 1, FRAME_TOO_LONG, captured, 0)
            walk[OVER] = 1
            break
        if end - at < _HEAD_BYTES + captured:
            if final:
                taken = unread(walk, packets, taken, number + 1, CUT, 0, 0)
                walk[OVER] = 1
            break
        number += 1
        o = taken * PACKET_WORDS
        packets[o + P_NUMBER] = number
        packets[o + P_NS] = file32(data, at, big) * 1_000_000_000 + file32(data, at + 4, big) * unit_ns
        packets[o + P_AT] = at + _HEAD_BYTES
        packets[o + P_CAPTURED] = captured
        packets[o + P_WIRE] = file32(data, at + 12, big)
        packets[o + P_LINK] = link
        taken += 1
        at += _HEAD_BYTES + captured
    walk[TAKEN], walk[NUMBER] = taken, number
    return at
