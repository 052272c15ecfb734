"""Bytes that one end acknowledged and that the capture does not hold: the capture lost packets, the network did not.

What gets lost on the way is never acknowledged, and is sent again (RFC 9293, section 3.8); what only the recorder lost
(its buffer ran over, a file of a ring is missing, somebody filtered) is acknowledged all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from why502.sources.captures.detail.streams import distance
from why502.sources.captures.packets import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from why502.sources.captures.detail.pieces import Piece

MAX_GAPS: Final = 64
"""Gaps of one direction that are remembered; the oldest are forgotten first."""
FARTHEST: Final = 1 << 30
"""The largest window (RFC 7323, section 2.3): what lies beyond it is no acknowledgement of this connection."""


@dataclass(slots=True)
class Unseen:
    """One direction. Sequence numbers as on the wire."""

    top: int | None = None
    """Behind the last byte seen, or what the other end had when it was first heard; None: neither was there."""
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """Not seen, from and up to (exclusive)."""
    acknowledged: int | None = None
    """The farthest number that the other end acknowledged."""
    unheard_of: bool = False
    """The other end acknowledged before anything was seen of this one."""

    def sent(self, piece: Piece) -> None:
        """A segment of this end."""
        if piece.flags & RST:
            return
        begin = piece.seq
        end = begin + piece.payload_bytes + bool(piece.flags & SYN) + bool(piece.flags & FIN) & 0xFFFFFFFF
        if self.top is None:
            self.top = end
        elif 0 < distance(begin, self.top) < FARTHEST:
            self.gaps = [*self.gaps, (self.top, begin)][-MAX_GAPS:]
            self.top = end
        else:
            self._fill(begin, end)
            self.top = end if distance(end, self.top) > 0 else self.top

    def heard(self, piece: Piece) -> None:
        """A segment of the other end."""
        if not piece.flags & ACK or piece.flags & RST:
            return
        if self.top is None:
            # Each segment acknowledges all that came before it (RFC 9293, section 3.10.7.4): what this end sends from
            # there on was sent within the capture's time.
            self.unheard_of, self.top = True, piece.ack
            return
        if distance(piece.ack, self.top) < FARTHEST and (
            self.acknowledged is None or distance(piece.ack, self.acknowledged) > 0
        ):
            self.acknowledged = piece.ack

    def after(self, origin: int | None) -> bool:
        """Whether anything that was acknowledged is missing at or after this number (None: anywhere)."""
        reached = self.acknowledged
        if reached is None or self.top is None:
            return False
        gaps = [*self.gaps, (self.top, reached)]
        missing = [(low, high) for low, high in gaps if distance(reached, low) > 0 and distance(high, low) > 0]
        return any(origin is None or distance(high, origin) > 0 for _, high in missing)

    def sent_unseen(self, origin: int) -> bool:
        """Whether this end sent anything at or after this number that is not there, whoever lost it."""
        return any(distance(high, origin) > 0 for _, high in self.gaps)

    @property
    def number(self) -> int:
        """How many runs of bytes are missing."""
        reached = self.acknowledged
        if reached is None or self.top is None:
            return 0
        return sum(distance(reached, low) > 0 for low, _ in self.gaps) + (distance(reached, self.top) > 0)

    def _fill(self, begin: int, end: int) -> None:
        """Sent again, or out of order: no longer missing."""
        if not self.gaps:
            return
        left: list[tuple[int, int]] = []
        for low, high in self.gaps:
            if distance(begin, low) > 0:
                left.append((low, begin if distance(high, begin) > 0 else high))
            if distance(high, end) > 0:
                left.append((end if distance(end, low) > 0 else low, high))
        self.gaps = list(dict.fromkeys(left))
