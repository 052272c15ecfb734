"""Packets that were captured twice on their way through one machine.

`tcpdump -i any` sees a packet on each interface that it passes (veth, bridge, network card), and a mirror port may
see it on its way in and out. Such copies agree in addresses, IP identification, sequence and acknowledgement
number, flags and length, and follow each other closely. A retransmission comes at least a round trip later, 200 ms
if by timeout (`TCP_RTO_MIN`), and with IPv4 it has another identification.

SYN-ACKs and resets of the kernel have none (0): two that leave within 2 ms, as when a repeated SYN and an expired
timer both call for a SYN-ACK, are one here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from why502.sources.captures.packets import Segment

WITHIN_S = 0.002
"""Far above the microseconds that a packet takes through a machine, far below a retransmission timeout."""
REMEMBERED = 1024
"""How many packets are looked back on, at least; at most twice as many."""

_Key = tuple[bytes, bytes, int, int, int, int, int]


class Duplicates:
    """Remembers the last packets, in two generations: the older one is forgotten when the newer one is full."""

    def __init__(self) -> None:
        self._newer: dict[_Key, float] = {}
        self._older: dict[_Key, float] = {}

    def saw(self, segment: Segment) -> bool:
        """Whether this very packet was seen a moment ago."""
        key = (
            segment.sender,
            segment.receiver,
            segment.ip_id,
            segment.seq,
            segment.ack,
            segment.flags,
            segment.payload_bytes,
        )
        before_s = self._newer.get(key, self._older.get(key))
        self._newer[key] = segment.at_s
        if len(self._newer) >= REMEMBERED:
            self._newer, self._older = {}, self._newer
        return before_s is not None and abs(segment.at_s - before_s) <= WITHIN_S
