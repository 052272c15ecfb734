"""One conversation under the second look: its packets go to everything that wants to know about them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from why502.model.conversations import Conversation
from why502.model.details import End, Packet
from why502.sources.captures.detail.http1 import Http1Dissector
from why502.sources.captures.detail.http1_messages import speaks_http1
from why502.sources.captures.detail.http2 import PREFACE, Http2Dissector
from why502.sources.captures.detail.icmp import Complaint
from why502.sources.captures.detail.path_mtu import SizeWatch
from why502.sources.captures.detail.pieces import Piece
from why502.sources.captures.detail.streams import Part, Stream, distance
from why502.sources.captures.detail.tls import TlsDissector, speaks_tls
from why502.sources.captures.detail.unseen import Unseen
from why502.sources.captures.packets import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterable


FIRST_PACKETS: Final = 16
LAST_PACKETS: Final = 32
"""Kept for the ladder: how it began and how it ended."""
MAX_EARLY: Final = 16
"""Parts that the target sends before the opener says which protocol it speaks."""
MAX_COMPLAINTS: Final = 8
COPY_S: Final = 0.002
"""The same packet within this is a second copy of it (`captures.duplicates`)."""

Dissector = Http1Dissector | Http2Dissector | TlsDissector


@dataclass(slots=True)
class Way:
    """One direction."""

    stream: Stream
    sizes: SizeWatch
    unseen: Unseen = field(default_factory=Unseen)
    sent_up_to: int | None = None
    zero_windows: int = 0
    window: int | None = None
    fin: Piece | None = None


@dataclass(slots=True)
class Watch:
    """Feed it the segments of one conversation, in the order of the capture."""

    conversation: Conversation
    opener: bytes
    """Its ends, as `packets.Segment` has them."""
    target: bytes
    left: int
    """Segments that are still to come."""
    ways: dict[End, Way] = field(default_factory=lambda: {end: Way(Stream(), SizeWatch(end)) for end in End})
    dissector: Dissector | None = None
    early: list[Part] = field(default_factory=list)
    silent: bool = False
    """The opener's first bytes are of no protocol that is known here."""
    complaints: list[Complaint] = field(default_factory=list)
    beginning: list[Packet] = field(default_factory=list)
    ending: deque[Packet] = field(default_factory=lambda: deque(maxlen=LAST_PACKETS))
    shown: int = 0
    asked: Piece | None = None
    """The first segment of the last request."""
    recent: deque[Piece] = field(default_factory=lambda: deque(maxlen=4))

    @property
    def first(self) -> int:
        """Number of its first packet."""
        return self.conversation.at.number or 0

    def add(self, piece: Piece) -> None:
        self.left -= not piece.continues
        if self._is_copy(piece):
            return
        own, other = self.ways.values()
        if piece.sender is End.TARGET:
            own, other = other, own
        again = self._sent_again(own, piece)
        self._windows(own, piece)
        own.sizes.saw_own(piece)
        other.sizes.saw_other(piece)
        own.unseen.sent(piece)
        other.unseen.heard(piece)
        self._ask(piece)
        notes = []
        if piece.payload_bytes or piece.flags & SYN:
            notes = [self._read(part) for part in own.stream.feed(piece)]
        if piece.flags & ACK and other.stream.waiting:
            notes += [self._read(part) for part in other.stream.acknowledged(piece)]
        if piece.flags & FIN and own.fin is None:
            own.fin = piece
        self._show(Packet(
            number=piece.number,
            at_s=piece.at_s,
            sender=piece.sender,
            flags=piece.names,
            payload_bytes=piece.payload_bytes,
            note="again" if again else ", ".join(dict.fromkeys(filter(None, notes))) if notes else "",
            seq=piece.seq,
        ))  # fmt: skip

    def complain(self, complaint: Complaint) -> None:
        """An ICMP error about this conversation."""
        if len(self.complaints) < MAX_COMPLAINTS:
            self.complaints.append(complaint)
        mtu = f", at most {complaint.mtu_bytes} bytes" if complaint.mtu_bytes else ""
        note = f"from {complaint.complainer}{mtu}"
        self._show(Packet(complaint.number, complaint.at_s, End.TARGET, f"ICMP {complaint.name}", note=note))

    @property
    def packets(self) -> tuple[Packet, ...]:
        return (*self.beginning, *self.ending)

    @property
    def left_out(self) -> int:
        return self.shown - len(self.beginning) - len(self.ending)

    def _is_copy(self, piece: Piece) -> bool:
        """Else it is remembered."""
        for other in self.recent:
            if other.seq == piece.seq and abs(piece.at_s - other.at_s) <= COPY_S and _look(other) == _look(piece):
                return True
        self.recent.append(piece)
        return False

    def _sent_again(self, own: Way, piece: Piece) -> bool:
        """Whether all that it occupies in sequence space had been sent before (a keep-alive probe has one byte)."""
        length = piece.payload_bytes + bool(piece.flags & SYN) + bool(piece.flags & FIN)
        end = piece.seq + length & 0xFFFFFFFF
        if own.sent_up_to is None or distance(end, own.sent_up_to) > 0:
            own.sent_up_to = end
            return False
        return length > 0

    def _ask(self, piece: Piece) -> None:
        if piece.sender is End.PROXY and piece.payload_bytes and piece.at_s == self.conversation.request_s:
            self.asked = self.asked or piece

    @property
    def lacks(self) -> bool:
        """Whether packets of the last exchange are missing in the capture, although the other end has them."""
        proxy, target = self.ways[End.PROXY].unseen, self.ways[End.TARGET].unseen
        if self.conversation.opened and self.conversation.packets_received and target.unheard_of:
            return True  # the SYN-ACK: without one there is nothing to acknowledge
        if self.asked is None:
            return proxy.after(None) or target.after(None)
        return proxy.after(self.asked.seq) or target.after(self.asked.ack)

    @property
    def answer_unseen(self) -> bool:
        """Whether the target sent something after the last request that is not there: its FIN comes behind it."""
        target = self.ways[End.TARGET]
        return self.asked is not None and target.fin is not None and target.unseen.sent_unseen(self.asked.ack)

    def _windows(self, own: Way, piece: Piece) -> None:
        if piece.window is None or piece.flags & (SYN | RST):
            return
        own.zero_windows += piece.window == 0 and own.window != 0
        own.window = piece.window

    def _read(self, part: Part) -> str:
        """What the next bytes of a stream are."""
        if self.dissector is not None:
            return self.dissector.feed(part)
        if self.silent:
            return ""
        if part.piece.sender is End.TARGET or not part.data:
            self.early = [*self.early, part][:MAX_EARLY]
            return ""
        self.dissector = _dissector(part.data)
        self.silent = self.dissector is None
        early, self.early = self.early, []
        if isinstance(self.dissector, Http1Dissector) and not self.conversation.synack_s:
            self.dissector.answers.lost = True  # where the answers began was not captured
        return self._read_all([*early, part]) if self.dissector else ""

    def _read_all(self, parts: Iterable[Part]) -> str:
        assert self.dissector is not None
        return [self.dissector.feed(part) for part in parts][-1]

    def _show(self, packet: Packet) -> None:
        self.shown += 1
        if len(self.beginning) < FIRST_PACKETS:
            self.beginning.append(packet)
        else:
            self.ending.append(packet)


def _look(piece: Piece) -> tuple[End, int, int, int, int, int]:
    """All in which two copies of a packet agree."""
    return piece.sender, piece.seq, piece.ack, piece.flags, piece.payload_bytes, piece.ip_id


def _dissector(begin: bytes) -> Dissector | None:
    """By the opener's first bytes."""
    if speaks_tls(begin):
        return TlsDissector()
    if begin.startswith(PREFACE[:14]):
        return Http2Dissector()
    return Http1Dissector() if speaks_http1(begin) else None
