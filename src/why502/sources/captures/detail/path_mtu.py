"""The signature of a path MTU black hole: large segments are lost each time, small packets pass.

RFC 2923, section 2.1; `tcp_mtu_probing` = 0, the default, never tries smaller ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from why502.model.details import End, PathMtu
from why502.sources.captures.detail.streams import distance
from why502.sources.captures.packets import ACK, RST, SYN

if TYPE_CHECKING:
    from why502.sources.captures.detail.pieces import Piece

LARGE_BYTES: Final = 500
"""Payload below this fits every path (RFC 791: 576 bytes)."""
FEWEST_REPEATS: Final = 2
"""A segment that is lost three times was not lost by chance."""
MAX_SENT: Final = 256
"""Unacknowledged segments that are remembered."""


@dataclass(slots=True)
class _Sent:
    end: int
    payload_bytes: int
    times: int = 1

    def again(self, piece: Piece) -> None:
        """The network card gets several segments at once; what is sent again may be the first of them alone."""
        self.times += 1
        if piece.payload_bytes < self.payload_bytes:
            self.payload_bytes, self.end = piece.payload_bytes, piece.seq + piece.payload_bytes & 0xFFFFFFFF


@dataclass(slots=True)
class SizeWatch:
    """Which sizes of one side's segments were acknowledged."""

    sender: End
    sent: dict[int, _Sent] = field(default_factory=dict)
    """By sequence number, unacknowledged."""
    largest_passed_bytes: int = 0
    alive: bool = False
    """The other side was heard after a large segment had been sent that it did not get."""

    def saw_own(self, piece: Piece) -> None:
        if not piece.payload_bytes or piece.flags & SYN:
            return
        known = self.sent.get(piece.seq)
        if known:
            known.again(piece)
        elif len(self.sent) < MAX_SENT:
            self.sent[piece.seq] = _Sent(piece.seq + piece.payload_bytes & 0xFFFFFFFF, piece.payload_bytes)

    def saw_other(self, piece: Piece) -> None:
        if not self.sent or not piece.flags & ACK or piece.flags & (SYN | RST):
            return
        for seq in [seq for seq, sent in self.sent.items() if distance(piece.ack, sent.end) >= 0]:
            self.largest_passed_bytes = max(self.largest_passed_bytes, self.sent.pop(seq).payload_bytes)
        self.alive |= any(sent.payload_bytes >= LARGE_BYTES for sent in self.sent.values())

    @property
    def told(self) -> PathMtu | None:
        """None unless the largest that passed is smaller than the smallest that was lost again and again."""
        lost = [s for s in self.sent.values() if s.times > FEWEST_REPEATS and s.payload_bytes >= LARGE_BYTES]
        smallest = min((s.payload_bytes for s in lost), default=0)
        if not lost or not self.alive or smallest <= self.largest_passed_bytes:
            return None
        return PathMtu(self.sender, smallest, self.largest_passed_bytes, max(s.times - 1 for s in lost))
