"""The second look: the packets of the chosen conversations are read again, and nothing else is kept."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.model.details import End
from why502.sources.captures.detail.ends import Ends, ends, ends_of, raw
from why502.sources.captures.detail.icmp import complaint
from why502.sources.captures.detail.picking import Picked, pick
from why502.sources.captures.detail.pieces import piece
from why502.sources.captures.detail.revising import revised
from why502.sources.captures.detail.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import BinaryIO

    from why502.model.conversations import Conversation
    from why502.sources.captures.frames import Frame
    from why502.sources.captures.machine import Machine

ICMP_S: Final = 5.0
"""How long after the last packet an ICMP error about it may come (ARP gives up after 3 s)."""


def reread(
    stream: BinaryIO, chosen: Sequence[Conversation], machine: Machine, may_complain: bool = True
) -> dict[int, Conversation]:
    """The chosen conversations of one capture, revised; by the number of their first packet. `may_complain`: there
    may be ICMP errors in it.

    One that goes on in another file of the same ring keeps what the first look saw.
    """
    table = _Table(chosen, ICMP_S if may_complain else 0.0)
    for found in pick(stream, table.wanted, machine, table.is_over):
        table.take(found)
    return {watch.first: revised(watch) for watch in table.watches if watch.left <= 0}


class _Coming(NamedTuple):
    """A conversation whose packets are awaited, and how they are recognised in both directions."""

    watch: Watch
    there: Ends
    back: Ends


class _Table:
    """Which watch a packet belongs to: same ends, not before its first packet, and as many as the first look saw."""

    def __init__(self, chosen: Iterable[Conversation], patience_s: float) -> None:
        self._patience_s = patience_s
        self.watches = [Watch(c, raw(c.opener), raw(c.target), c.packets) for c in chosen]
        self._coming: dict[Ends, list[_Coming]] = defaultdict(list)
        self._latest: dict[Ends, Watch] = {}
        self._unfinished = len(self.watches)
        self._last_s = 0.0
        for watch in sorted(self.watches, key=lambda watch: watch.first, reverse=True):
            there, back = ends(watch.opener, watch.target), ends(watch.target, watch.opener)
            self._coming[there].append(_Coming(watch, there, back))
            self._coming[back] = self._coming[there]

    @property
    def wanted(self) -> Iterable[Ends]:
        return self._coming.keys()

    def is_over(self, now_s: float) -> bool:
        """Nothing of what is still to come can matter."""
        return not self._unfinished and abs(now_s - self._last_s) >= self._patience_s

    def take(self, found: Picked | Frame) -> None:
        if isinstance(found, Picked):
            self._add(found)
        elif error := complaint(found):
            watch = self._latest.get(ends(error.sender, error.receiver))
            if watch is not None:
                watch.complain(error)

    def _add(self, found: Picked) -> None:
        key = ends_of(found.words)
        coming = self._coming.get(key)
        if not coming:
            return
        watch, there, back = coming[-1]
        one = piece(found.words, found.payload, End.PROXY if key == there else End.TARGET)
        if one.number < watch.first:
            return
        self._latest[there] = self._latest[back] = watch
        watch.add(one)
        if watch.left <= 0:
            coming.pop()
            self._unfinished -= 1
            self._last_s = one.at_s
