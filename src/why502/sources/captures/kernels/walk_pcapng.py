"""The newer capture file (draft-ietf-opsawg-pcapng): blocks, several sections and interfaces."""

from __future__ import annotations

from typing import Final

from why502.sources.captures.kernels.layout import (
    BEFORE_NS,
    BIG,
    IF_BITS,
    IF_BY,
    IF_LINK,
    IF_OFFSET_S,
    IF_SNAP,
    IF_TIMES,
    IF_UNIT,
    IF_WORDS,
    INTERFACES,
    MAX_INTERFACES,
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
)
from why502.sources.captures.kernels.reasons import (
    BAD_TIME,
    BLOCK_LENGTHS,
    BLOCK_TOO_LONG,
    BLOCK_TOO_SHORT,
    CUT,
    FRAME_BEYOND_BLOCK,
    NO_INTERFACE,
    NO_ORDER,
)
from why502.sources.captures.kernels.walk_pcap import unread
from why502.sources.captures.kernels.words import Octets, Words, file16, file32, u8, u32

MAX_BLOCK_BYTES: Final = 16 << 20
LAST_S: Final = 9_214_646_400
"""The end of 2261, before nanoseconds leave their 63 bits: later times are damage."""

_SECTION, _INTERFACE, _OBSOLETE_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_LITTLE, _NETWORK = 0x4D3C2B1A, 0x1A2B3C4D
"""The byte-order magic as `u32` sees it."""
_TSRESOL, _TSOFFSET = 9, 14
_LEAST_BYTES = 12
"""Of a block: its kind, and its length twice."""


def walk_pcapng(
    data: Octets, at: int, end: int, final: int, walk: Words, interfaces: Words, packets: Words, room: int
) -> int:
    """As `walk_pcap`. Needs a whole block at a time (`MAX_BLOCK_BYTES`)."""
    taken = 0
    while taken < room and at < end:
        reason, length = CUT, 0
        if end - at >= _LEAST_BYTES:
            reason, length = damage(data, at, walk), file32(data, at + 4, walk[BIG])
            if not reason and end - at < length:
                reason = CUT
            elif not reason and file32(data, at + length - 4, walk[BIG]) != length:
                reason = BLOCK_LENGTHS
        if reason:
            if final or reason != CUT:
                taken = unread(walk, packets, taken, walk[NUMBER] + 1, reason, length, 0)
                walk[OVER] = 1
            break
        kind = file32(data, at, walk[BIG])
        if kind == _SECTION:
            walk[INTERFACES] = 0
        elif kind == _INTERFACE:
            describe(data, at + 8, at + length - 4, walk, interfaces)
        elif kind in (_ENHANCED_PACKET, _SIMPLE_PACKET, _OBSOLETE_PACKET):
            take_packet(data, at + 8, at + length - 4, kind, walk, interfaces, packets, taken)
            taken += 1
        else:
            walk[NUMBER] += is_numbered(kind)
        at += length
    walk[TAKEN] = taken
    return at


def is_numbered(kind: int) -> int:
    """Whether Wireshark numbers this block although it is no packet: lines of a journal, custom blocks, system calls
    of sysdig (`wiretap/pcapng.c`, blocks that are not `internal`).
    """
    return int(kind in (9, 0x0BAD, 0x40000BAD, 0x204, 0x216, 0x221))


def damage(data: Octets, at: int, walk: Words) -> int:
    """Why the block that begins here cannot be one; 0: it can. A section's head sets the byte order."""
    least = _LEAST_BYTES
    if u32(data, at) == _SECTION:
        least = 16
        magic = u32(data, at + 8)
        if magic not in (_LITTLE, _NETWORK):
            return NO_ORDER
        walk[BIG] = int(magic == _NETWORK)
    return 0 if least <= file32(data, at + 4, walk[BIG]) <= MAX_BLOCK_BYTES else BLOCK_TOO_LONG


def describe(data: Octets, at: int, end: int, walk: Words, interfaces: Words) -> None:
    """An interface description; one that is too short describes a link type that nobody knows."""
    if walk[INTERFACES] >= MAX_INTERFACES:
        return
    big, o = walk[BIG], walk[INTERFACES] * IF_WORDS
    walk[INTERFACES] += 1
    resolution(6, interfaces, o)
    interfaces[o + IF_LINK], interfaces[o + IF_SNAP], interfaces[o + IF_OFFSET_S] = 0xFFFF, 0, 0
    if end - at < 8:
        return
    interfaces[o + IF_LINK] = file16(data, at, big)
    interfaces[o + IF_SNAP] = file32(data, at + 4, big)
    at += 8
    while at + 4 <= end:
        code, length = file16(data, at, big), file16(data, at + 2, big)
        if code == _TSRESOL and 0 < length <= end - at - 4:
            resolution(u8(data, at + 4), interfaces, o)
        elif code == _TSOFFSET and length == 8 and length <= end - at - 4:
            interfaces[o + IF_OFFSET_S] = offset_s(data, at + 4, big)
        at += 4 + (length + 3) // 4 * 4


def offset_s(data: Octets, at: int, big: int) -> int:
    """if_tsoffset; one that no time can be right with is `LAST_S` + 1."""
    high, low = file32(data, at + 4 - 4 * big, big), file32(data, at + 4 * big, big)
    if high == 0xFFFFFFFF:
        return low - (1 << 32)
    return high << 32 | low if high < 2 else LAST_S + 1


def resolution(field: int, interfaces: Words, o: int) -> None:
    """if_tsresol: the power of ten, or of two if its highest bit is set, that makes a second."""
    digits = field & 0x7F
    if field & 0x80:
        interfaces[o + IF_BITS] = digits
        return
    unit, by = 1, 1
    for digit in range(digits):
        unit = unit * 10 if digit < 18 else 0
        by = by * 10 if 9 <= digit < 27 else by
    times = 1
    for _ in range(digits, 9):
        times *= 10
    interfaces[o + IF_BITS], interfaces[o + IF_UNIT] = -1, unit
    interfaces[o + IF_TIMES], interfaces[o + IF_BY] = times, by if digits <= 27 else 0


def time_ns(high: int, low: int, interfaces: Words, o: int) -> int:
    """The time of `high` and `low` ticks since 1970; -1: before that, or after `LAST_S`."""
    bits, seconds, rest_ns = interfaces[o + IF_BITS], 0, 0
    if bits > 30:
        shift = bits - 30
        ticks = high << 32 - shift | low >> shift if shift <= 32 else high >> min(shift - 32, 62)
        seconds, rest_ns = ticks >> 30, (ticks & 0x3FFFFFFF) * 1_000_000_000 >> 30
    elif high > 0x7FFFFFFF:
        return -1
    elif bits >= 0:
        ticks = high << 32 | low
        seconds, rest_ns = ticks >> bits, (ticks & (1 << bits) - 1) * 1_000_000_000 >> bits
    else:
        ticks, unit = high << 32 | low, interfaces[o + IF_UNIT]
        if unit > 0:
            seconds = ticks // unit
            ticks -= seconds * unit
        if interfaces[o + IF_BY] > 0:
            rest_ns = ticks * interfaces[o + IF_TIMES] // interfaces[o + IF_BY]
    if seconds > LAST_S:
        return -1
    seconds += interfaces[o + IF_OFFSET_S]
    return seconds * 1_000_000_000 + rest_ns if 0 <= seconds <= LAST_S else -1


def take_packet(
    data: Octets, at: int, end: int, kind: int, walk: Words, interfaces: Words, packets: Words, taken: int
) -> None:
    """The packet of a packet block, whatever its kind. A simple one has the time of the packet before it."""
    walk[NUMBER] += 1
    big, number, fixed = walk[BIG], walk[NUMBER], 4 if kind == _SIMPLE_PACKET else 20
    if end - at < fixed:
        unread(walk, packets, taken, number, BLOCK_TOO_SHORT, 0, 0)
        return
    index, room = 0, end - at - fixed
    if kind == _SIMPLE_PACKET:
        wire = file32(data, at, big)
        captured = min(wire, room)
    else:
        index = file32(data, at, big) if kind == _ENHANCED_PACKET else file16(data, at, big)
        captured, wire = file32(data, at + 12, big), file32(data, at + 16, big)
    if index >= walk[INTERFACES]:
        unread(walk, packets, taken, number, NO_INTERFACE, index, 0)
        return
    if captured > room:
        unread(walk, packets, taken, number, FRAME_BEYOND_BLOCK, captured, end - at)
        return
    o = index * IF_WORDS
    at_ns = walk[BEFORE_NS]
    if kind != _SIMPLE_PACKET:
        at_ns = time_ns(file32(data, at + 4, big), file32(data, at + 8, big), interfaces, o)
        if at_ns < 0:
            unread(walk, packets, taken, number, BAD_TIME, 0, 0)
            return
        walk[BEFORE_NS] = at_ns
    elif interfaces[o + IF_SNAP] > 0:
        captured = min(captured, interfaces[o + IF_SNAP])
    o, link = taken * PACKET_WORDS, interfaces[o + IF_LINK]
    packets[o + P_NUMBER], packets[o + P_NS], packets[o + P_AT] = number, at_ns, at + fixed
    packets[o + P_CAPTURED], packets[o + P_WIRE], packets[o + P_LINK] = captured, wire, link
