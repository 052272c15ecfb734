"""From the bytes of one capture file to its packets, a stretch at a time."""

from __future__ import annotations

from struct import unpack_from
from typing import TYPE_CHECKING, Final

from why502.sources.captures.kernels.layout import (
    BIG,
    IF_WORDS,
    LINK,
    MAX_INTERFACES,
    NUMBER,
    OVER,
    P_LINK,
    P_NUMBER,
    PACKET_WORDS,
    TAKEN,
    UNIT_NS,
    WALK_WORDS,
)
from why502.sources.captures.kernels.reasons import CUT_HEADER, NO_CAPTURE
from why502.sources.captures.magic import PCAP, PCAPNG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.captures.buffering import Buffer
    from why502.sources.captures.kernels.words import Words
    from why502.sources.captures.machine import Machine

PCAP_HEADER_BYTES: Final = 24
_LINK_MASK: Final = 0xFFFF
"""The upper bits of the link type's field tell of a frame check sequence."""


class Walker:
    """Takes packets out of a buffer, in bounded memory."""

    def __init__(self, machine: Machine, buffer: Buffer, number: int = 0) -> None:
        """`number`: how many packets came before this file, in the same ring."""
        self._machine, self._buffer = machine, buffer
        self._walk = machine.words(WALK_WORDS)
        self._walk[NUMBER] = number
        self._interfaces = machine.words(0)
        self.packets: Words = machine.words(machine.room * PACKET_WORDS)

    def stretches(self) -> Iterator[int]:
        """How many packets lie in `packets` (their bytes in the buffer), again and again, to the end of the file.

        A file that is cut or damaged ends with one packet that cannot be read.
        """
        self._begin()
        if self._walk[OVER]:
            yield 1
        while not self._walk[OVER]:
            self._step()
            taken = int(self._walk[TAKEN])
            yield taken
            if taken < self._machine.room and not self._walk[OVER] and not self._buffer.refill():
                return

    def _begin(self) -> None:
        """Read the head of the file; a pcapng file has none, it begins with a block like any other."""
        head = bytes(self._buffer.content[: min(self._buffer.end, PCAP_HEADER_BYTES)])
        if head[:4] in PCAP:
            order, unit_ns = PCAP[head[:4]]
            if len(head) < PCAP_HEADER_BYTES:
                self._refuse(CUT_HEADER)
                return
            self._walk[BIG], self._walk[UNIT_NS] = int(order == ">"), unit_ns
            self._walk[LINK] = unpack_from(order + "I", head, 20)[0] & _LINK_MASK
            self._buffer.at = PCAP_HEADER_BYTES
        elif head[:4] == PCAPNG:
            self._interfaces = self._machine.words(MAX_INTERFACES * IF_WORDS)
        else:
            self._refuse(NO_CAPTURE)

    def _refuse(self, reason: int) -> None:
        self.packets[P_NUMBER], self.packets[P_LINK] = self._walk[NUMBER] + 1, -reason
        self._walk[OVER] = 1

    def _step(self) -> None:
        """One stretch of packets out of the buffer."""
        machine, buffer, walk = self._machine, self._buffer, self._walk
        data, span = machine.octets(buffer.content), (buffer.at, buffer.end, int(buffer.is_last))
        if len(self._interfaces):
            buffer.at = machine.walk_pcapng(data, *span, walk, self._interfaces, self.packets, machine.room)
        else:
            buffer.at = machine.walk_pcap(data, *span, walk, self.packets, machine.room)
