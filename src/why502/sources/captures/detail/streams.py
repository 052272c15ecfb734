"""One direction's payload in the order of its sequence numbers, gaps named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.sources.captures.detail.pieces import Piece
from why502.sources.captures.packets import SYN

if TYPE_CHECKING:
    from collections.abc import Iterator


MAX_WAITING = 64
"""Segments that wait for an earlier one; beyond that the earlier one counts as not captured."""
REORDER_S = 0.003
"""A hole that is filled sooner was reordering, later a retransmission (Wireshark's rule without a known RTT)."""


class Part(Struct, frozen=True, gc=False):
    """The next bytes of a stream."""

    piece: Piece
    """The segment that brought them, or made known that they are missing."""
    data: bytes
    missing_bytes: int = 0
    """That follow `data` and were not captured."""


def distance(number: int, origin: int) -> int:
    """How far a sequence number lies beyond another; negative: before it (RFC 9293, section 3.4)."""
    return (number - origin + 0x80000000 & 0xFFFFFFFF) - 0x80000000


@dataclass(slots=True)
class Stream:
    """Feed it every segment of one side, and the acknowledgements of the other."""

    next: int | None = None
    """Sequence number of the next byte."""
    waiting: list[Piece] = field(default_factory=list)
    out_of_order: int = 0

    def feed(self, piece: Piece) -> Iterator[Part]:
        """What can be read now."""
        if piece.flags & SYN:
            self.next = piece.seq + 1 & 0xFFFFFFFF
            return
        if not piece.payload_bytes:
            return
        if self.next is None:
            self.next = piece.seq
        if distance(piece.seq, self.next) > 0:
            self.waiting.append(piece)
            if len(self.waiting) > MAX_WAITING:
                yield from self._skip_to(min(distance(p.seq, self.next) for p in self.waiting), piece)
            return
        if self.waiting and piece.at_s - self.waiting[0].at_s < REORDER_S:
            self.out_of_order += 1
        yield from self._deliver(piece)
        yield from self._release()

    def acknowledged(self, piece: Piece) -> Iterator[Part]:
        """The other side has what this capture has not: nothing more will come of it."""
        if self.next is None or not self.waiting:
            return
        nearest = min(distance(p.seq, self.next) for p in self.waiting)
        if distance(piece.ack, self.next) >= nearest:
            yield from self._skip_to(nearest, piece)

    def _skip_to(self, gap_bytes: int, piece: Piece) -> Iterator[Part]:
        assert self.next is not None
        yield Part(piece, b"", gap_bytes)
        self.next = self.next + gap_bytes & 0xFFFFFFFF
        yield from self._release()

    def _release(self) -> Iterator[Part]:
        while self.waiting:
            ready = next((p for p in self.waiting if distance(p.seq, self.next or 0) <= 0), None)
            if ready is None:
                return
            self.waiting.remove(ready)
            yield from self._deliver(ready)

    def _deliver(self, piece: Piece) -> Iterator[Part]:
        """What of it was not delivered before."""
        assert self.next is not None
        known = -distance(piece.seq, self.next)
        if known >= piece.payload_bytes:
            return
        data = piece.payload[known:]
        self.next = piece.seq + piece.payload_bytes & 0xFFFFFFFF
        yield Part(piece, data, piece.payload_bytes - known - len(data))
