"""One direction of a conversation: what was sent, what the other side acknowledged, where the latest run began.

A run is a series of data segments without data from the other side in between: a request, or an answer. Sequence
numbers are kept relative to the first payload byte and do not wrap.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from why502.sources.captures.packets import ACK, FIN, RST, SYN, Segment

MAX_SYNS = 64
"""SYNs that are kept one by one; kernels send 11 at most (`tcp_syn_retries` = 6 plus 4 linear timeouts)."""
MAX_HOLES = 32
"""Gaps that are remembered, to tell a reordered segment from a retransmitted one."""


@dataclass(slots=True)
class Flow:
    """What one side did."""

    endpoint: bytes
    base: int | None = None
    """Sequence number of its first payload byte."""
    sent_bytes: int = 0
    """Highest payload byte seen, relative to `base`."""
    acked_bytes: int = 0
    """Highest byte that the other side acknowledged; may count the FIN."""
    segments: int = 0
    retransmissions: int = 0
    syns: list[Segment] = field(default_factory=list)
    ack: Segment | None = None
    """Its first segment that neither opens nor resets."""
    fin: Segment | None = None
    rst: Segment | None = None
    run: Segment | None = None
    """First segment of its latest run..."""
    run_from: int = 0
    """...where that begins, relative to `base`..."""
    run_silence_s: float | None = None
    """...and how long there had been no data in either direction before it; None: it was the first."""
    turns: int = 0
    """Runs that answered a run of the other side."""
    holes: list[tuple[int, int]] = field(default_factory=list)

    def relative(self, number: int) -> int:
        """A sequence number, relative to `base` and without wrapping (RFC 9293, section 3.4)."""
        near = self.sent_bytes
        return near + ((number - (self.base or 0) - near + 0x80000000) & 0xFFFFFFFF) - 0x80000000

    def note(self, segment: Segment) -> None:
        """Flags and numbers of a segment that this side sent; its payload is for `place`."""
        flags = segment.flags
        if flags & SYN:
            if self.base is None:
                self.base = segment.data_seq & 0xFFFFFFFF
            if len(self.syns) < MAX_SYNS:
                self.syns.append(segment)
        elif not flags & RST:
            if self.base is None:
                self.base = segment.seq
            self.ack = self.ack or segment
        if flags & FIN:
            self.fin = self.fin or segment
        if flags & RST:
            self.rst = self.rst or segment

    def acknowledged(self, segment: Segment) -> None:
        """The other side's segment acknowledges; numbers beyond what was sent are ignored, as kernels do."""
        if not segment.flags & ACK:
            return
        if self.base is None:
            self.base = segment.ack
        self.acked_bytes = max(self.acked_bytes, min(self.relative(segment.ack), self.sent_bytes + 1))

    def place(self, segment: Segment) -> bool:
        """Put a payload where it belongs; False if it had been sent before."""
        start = self.relative(segment.data_seq)
        end = start + segment.payload_bytes
        if self._is_new(start, end):
            self.segments += 1
            return True
        keepalive = segment.payload_bytes == 1 and end == self.sent_bytes <= self.acked_bytes
        self.retransmissions += not keepalive
        return False

    def _is_new(self, start: int, end: int) -> bool:
        if end > self.sent_bytes:
            if start > self.sent_bytes and len(self.holes) < MAX_HOLES:
                self.holes.append((self.sent_bytes, start))
            self.sent_bytes = end
            return True
        for index, (low, high) in enumerate(self.holes):
            if start < high and end > low:
                rest = [(low, start), (end, high)]
                self.holes[index : index + 1] = [(a, b) for a, b in rest if a < b]
                return True
        return False

    def begin_run(self, segment: Segment, silence_s: float | None) -> None:
        self.run = segment
        self.run_from = self.relative(segment.data_seq)
        self.run_silence_s = silence_s

    @property
    def end(self) -> Segment | None:
        """Its first FIN or RST."""
        return min((s for s in (self.fin, self.rst) if s), key=lambda s: s.frame, default=None)
