"""Which segments belong together: a table of the open conversations.

Knows addresses, sequence numbers and the order of packets, and no proxy, no HTTP, no outcome.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from why502.sources.captures.duplicates import Duplicates
from why502.sources.captures.flows import Flow
from why502.sources.captures.packets import ACK, SYN, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator


LINGER_S = 5.0
"""How long a closed conversation still takes late packets (a second reset, a repeated FIN)."""
MAX_LISTENERS = 1 << 16
"""Listening ends that are remembered, to tell who opened a conversation whose SYN was not captured."""


@dataclass(slots=True)
class Tracked:
    """A conversation so far; which of the two flows opened it is known from its SYN or decided at the end."""

    flows: tuple[Flow, Flow]
    first: Segment
    last: Segment
    opener_index: int | None = None
    packets: int = 0
    talker: Flow | None = None
    """Whose data came last."""
    data_s: float | None = None
    """When the last data came, in either direction."""

    @property
    def opener(self) -> Flow:
        return self.flows[self.opener_index or 0]

    @property
    def target(self) -> Flow:
        return self.flows[1 - (self.opener_index or 0)]

    @property
    def opened(self) -> bool:
        """The handshake (its SYN or SYN-ACK) is in the capture."""
        return bool(self.opener.syns or self.target.syns)

    @property
    def reused(self) -> bool:
        """It had served before, or at least it had been open before the capture began."""
        return self.target.turns > 0 or not self.opened

    @property
    def closed(self) -> bool:
        a, b = self.flows
        return bool(a.rst or b.rst or (a.fin and b.fin))

    def starts_anew(self, segment: Segment) -> bool:
        """A SYN with another initial sequence number: the same addresses and ports, used again."""
        if segment.flags & (SYN | ACK) != SYN:
            return False
        flow = self.flows[segment.sender != self.flows[0].endpoint]
        return flow.base not in (None, segment.data_seq & 0xFFFFFFFF)

    def add(self, segment: Segment, *, duplicate: bool) -> None:
        self.packets += 1
        self.last = segment
        if duplicate:
            return
        index = int(segment.sender != self.flows[0].endpoint)
        flow, peer = self.flows[index], self.flows[1 - index]
        if segment.flags & SYN and self.opener_index is None:
            self.opener_index = 1 - index if segment.flags & ACK else index
        flow.note(segment)
        peer.acknowledged(segment)
        if segment.payload_bytes:
            self._add_data(segment, flow, peer)

    def _add_data(self, segment: Segment, flow: Flow, peer: Flow) -> None:
        if flow.place(segment) and self._turns(segment, flow, peer):
            flow.begin_run(segment, None if self.data_s is None else max(0.0, segment.at_s - self.data_s))
            flow.turns += self.talker is not None
            self.talker = flow
        self.data_s = segment.at_s

    def _turns(self, segment: Segment, flow: Flow, peer: Flow) -> bool:
        """Whether data begins a new run: it must acknowledge a byte of the other's, or it only crossed it."""
        if self.talker is flow:
            return False
        return self.talker is None or peer.relative(segment.ack) > peer.run_from


class Conversations:
    """The table. Feed it segments in the order of the capture; finished conversations come out."""

    def __init__(self) -> None:
        self._open: dict[tuple[bytes, bytes], Tracked] = {}
        self._closing: deque[tuple[float, tuple[bytes, bytes], Tracked]] = deque()
        self._duplicates = Duplicates()
        self._listeners: set[bytes] = set()

    def add(self, segment: Segment) -> list[Tracked]:
        """Take a segment; answers with the conversations that are over by now."""
        over = []
        sender, receiver = segment.sender, segment.receiver
        key = (sender, receiver) if sender <= receiver else (receiver, sender)
        tracked = self._open.get(key)
        if tracked is not None and tracked.starts_anew(segment):
            over.append(self._finish(key, tracked))
            tracked = None
        if tracked is None:
            tracked = self._open[key] = Tracked((Flow(key[0]), Flow(key[1])), segment, segment)
        was_closed = tracked.closed
        tracked.add(segment, duplicate=self._duplicates.saw(segment))
        if segment.flags & SYN:
            self._remember_listener(tracked)
        if tracked.closed and not was_closed:
            self._closing.append((segment.at_s, key, tracked))
        over.extend(self._expired(segment.at_s))
        return over

    def rest(self) -> Iterator[Tracked]:
        """The conversations that are still open when the capture ends."""
        for key, tracked in list(self._open.items()):
            yield self._finish(key, tracked)

    def _expired(self, now_s: float) -> Iterator[Tracked]:
        while self._closing and now_s - self._closing[0][0] > LINGER_S:
            _, key, tracked = self._closing.popleft()
            if self._open.get(key) is tracked:
                yield self._finish(key, tracked)

    def _finish(self, key: tuple[bytes, bytes], tracked: Tracked) -> Tracked:
        del self._open[key]
        if tracked.opener_index is None:
            tracked.opener_index = self._guess_opener(tracked)
        return tracked

    def _remember_listener(self, tracked: Tracked) -> None:
        if len(self._listeners) < MAX_LISTENERS:
            self._listeners.add(tracked.target.endpoint)

    def _guess_opener(self, tracked: Tracked) -> int:
        """Without a SYN: not the end that others connected to, else the one with the higher port, else the first."""
        ends = [flow.endpoint for flow in tracked.flows]
        known = [end in self._listeners for end in ends]
        if known[0] != known[1]:
            return int(known[0])
        ports = [end[-2:] for end in ends]
        if ports[0] != ports[1]:
            return int(ports[0] < ports[1])
        return ends.index(tracked.first.sender)
