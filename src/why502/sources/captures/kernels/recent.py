"""Packets that were captured twice on their way through one machine.

`tcpdump -i any` sees a packet on each interface that it passes (veth, bridge, network card), and a mirror port may
see it on its way in and out. Such copies agree in addresses, IP identification, sequence and acknowledgement
number, flags and length, and follow each other closely. A retransmission comes at least a round trip later, 200 ms
if by timeout (`TCP_RTO_MIN`), and with IPv4 it has another identification.

SYN-ACKs and resets of the kernel have none (0): two that leave within 2 ms, as when a repeated SYN and an expired
timer both call for a SYN-ACK, are one here.
"""

from __future__ import annotations

from typing import Final

from why502.sources.captures.kernels.layout import (
    R_HASH,
    R_NS,
    RECENT_SETS,
    RECENT_WAYS,
    RECENT_WORDS,
    S_ACK,
    S_FLAGS,
    S_HASH,
    S_IP_ID,
    S_NS,
    S_PAYLOAD,
    S_SEQ,
    S_SIDE,
    S_TAG,
)
from why502.sources.captures.kernels.words import Words, mix

WITHIN_NS: Final = 2_000_000
"""Far above the microseconds that a packet takes through a machine, far below a retransmission timeout."""


def hashed(segments: Words, s: int) -> int:
    """Everything in which two copies agree."""
    numbers = segments[s + S_SEQ] << 31 ^ segments[s + S_ACK]
    shape = segments[s + S_PAYLOAD] << 32 | segments[s + S_FLAGS] << 24 | segments[s + S_IP_ID] & 0xFFFFFF
    return mix(mix(segments[s + S_TAG] << 1 | segments[s + S_SIDE], numbers), shape)


def place_of(mixed: int) -> int:
    """Where packets of this hash are remembered: the first of the places."""
    return (mixed & RECENT_SETS - 1) * RECENT_WAYS * RECENT_WORDS


def saw(recent: Words, segments: Words, s: int) -> int:
    """Whether this very packet was seen a moment ago; it is remembered."""
    mixed, at_ns = segments[s + S_HASH], segments[s + S_NS]
    first = place_of(mixed)
    for place in range(first, first + RECENT_WAYS * RECENT_WORDS, RECENT_WORDS):
        if recent[place + R_HASH] == mixed:
            before_ns = recent[place + R_NS]
            recent[place + R_NS] = at_ns
            return int(abs(at_ns - before_ns) <= WITHIN_NS)
    return remember(recent, segments, s)


def remember(recent: Words, segments: Words, s: int) -> int:
    """In the oldest of its four places; 0, because it is new."""
    mixed = segments[s + S_HASH]
    first = place_of(mixed)
    oldest = first
    for place in range(first, first + RECENT_WAYS * RECENT_WORDS, RECENT_WORDS):
        if recent[place + R_NS] < recent[oldest + R_NS]:
            oldest = place
    recent[oldest + R_HASH], recent[oldest + R_NS] = mixed, segments[s + S_NS]
    return 0
