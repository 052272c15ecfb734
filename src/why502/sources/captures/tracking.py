"""The table of conversations, fed with stretches of segments: it grows, it is bounded, finished ones come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.traffic import MAX_EXAMPLES
from why502.sources.captures.kernels.layout import (
    C_LAST_NS,
    C_NEXT,
    C_STATE,
    CONVERSATION_WORDS,
    M_CLOSING,
    M_DONE,
    M_FORGOTTEN,
    M_FREE,
    M_MASK,
    M_NODE_FREE,
    M_NODES,
    M_NOW_NS,
    M_OPEN,
    M_RESTED,
    M_SEED,
    M_SINCE_NS,
    M_TALLIED,
    M_TALLY_MASK,
    M_TELL_ALL,
    M_TELL_EACH,
    M_TELL_LEFT,
    M_TOLD,
    M_UNTIL_NS,
    M_USED,
    META_WORDS,
    NODE_WORDS,
    OPEN,
    RECENT_SETS,
    RECENT_WAYS,
    RECENT_WORDS,
    RESTING_PLACES,
    RESTING_WORDS,
    TALLY_WORDS,
)
from why502.sources.captures.kernels.tally import MAX_TALLIED, MOST_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.captures.kernels.words import Words
    from why502.sources.captures.machine import Machine

MAX_OPEN = 1 << 20
"""Conversations that may be open at a time (700 MB); beyond, those that were silent longest are given up."""
MAX_TOLD = 20_000
"""Failed and delayed conversations that are told one by one, over all targets of one capture."""
FOREVER_NS = (1 << 63) - 1


class Tracker:
    """Follows the conversations of one capture, or of one ring of captures."""

    def __init__(
        self,
        machine: Machine,
        seed: int = 0,
        window_ns: tuple[int, int] = (0, FOREVER_NS),
        max_open: int = MAX_OPEN,
    ) -> None:
        """Conversations that do not overlap the window are left out; of more than `max_open` at a time, those that
        were silent longest are over.
        """
        self._machine = machine
        words = machine.words
        self.meta = meta = words(META_WORDS)
        for first in (M_FREE, M_NODE_FREE, M_CLOSING, M_CLOSING + 1, M_DONE, M_DONE + 1, M_TOLD, M_TOLD + 1):
            meta[first] = -1
        meta[M_SEED] = seed
        meta[M_TELL_ALL], meta[M_TELL_LEFT], meta[M_TELL_EACH] = int(not machine.is_compiled), MAX_TOLD, MAX_EXAMPLES
        meta[M_SINCE_NS], meta[M_UNTIL_NS] = window_ns
        self._max_open = max_open
        self.table, self.pool = machine.reserved((max_open + machine.room) * CONVERSATION_WORDS), words(0)
        self._recent = words(RECENT_SETS * RECENT_WAYS * RECENT_WORDS)
        self._slots, self.tally = words(0), words(0)
        self._resting = words(0 if meta[M_TELL_ALL] else RESTING_PLACES * RESTING_WORDS)

    def feed(self, segments: Words, count: int) -> None:
        """Take segments; those conversations that are over then wait in `told`."""
        self._make_room(count)
        tables = self.table, self._slots, self._resting, self.pool, self._recent, self.tally
        self._machine.track(segments, count, *tables, self.meta)
        self._judge()

    def finish(self, until_ns: int) -> None:
        """The capture ends, and with it the conversations that are still open."""
        self._finish_all(until_ns, FOREVER_NS)

    def _finish_all(self, until_ns: int, silent_since_ns: int) -> None:
        tables = self.table, self._slots, self._resting, self.tally
        self._machine.finish_all(until_ns, silent_since_ns, *tables, self.meta)
        self._judge()

    def _judge(self) -> None:
        """All finished ones, as many at a time as the tally has room for."""
        while self._machine.judge(self.table, self.pool, self.tally, self.meta):
            self._grow_tally(int(self.meta[M_TALLIED]) + MOST_ENTRIES)

    def told(self) -> Iterator[int]:
        """The rows of finished conversations that are to be told; they are free again after the last of them."""
        row = int(self.meta[M_TOLD])
        if row < 0:
            return
        while row >= 0:
            yield row
            row = int(self.table[row * CONVERSATION_WORDS + C_NEXT])
        self._machine.release_told(self.table, self.pool, self.meta)

    def _make_room(self, count: int) -> None:
        """For as many rows, nodes, slots and counts as `count` segments can need."""
        meta, grown = self.meta, self._machine.grown
        if meta[M_OPEN] + count > self._max_open:
            self._give_up()
        rows = int(meta[M_USED]) + count  # those that wait to be told are not free yet
        if rows * CONVERSATION_WORDS > len(self.table):
            self.table = grown(self.table, rows * 3 // 2 * CONVERSATION_WORDS)
        nodes = int(meta[M_NODES]) + 2 * count
        if nodes * NODE_WORDS > len(self.pool):
            self.pool = grown(self.pool, nodes * 3 // 2 * NODE_WORDS)
        found = int(meta[M_OPEN] + meta[M_RESTED] - meta[M_FORGOTTEN]) + count
        if found * 2 > len(self._slots):
            self._slots = self._machine.words(1 << (2 * found).bit_length())
            meta[M_MASK] = len(self._slots) - 1
            self._machine.refill(self._slots, self.table, self._resting, meta)
        self._grow_tally(count)

    def _grow_tally(self, more: int) -> None:
        """Room for `more` further entries."""
        wanted = min(MAX_TALLIED, 2 * (int(self.meta[M_TALLIED]) + more))
        if wanted * TALLY_WORDS <= len(self.tally):
            return
        places = min(MAX_TALLIED, 1 << (2 * wanted).bit_length())
        old, self.tally = self.tally, self._machine.words(places * TALLY_WORDS)
        self.meta[M_TALLY_MASK] = places - 1
        self._machine.retally(old, self.tally, self.meta)

    def _give_up(self) -> None:
        """Too many are open (a flood of SYNs, a scan): the half that was silent longest is over."""
        used = int(self.meta[M_USED])
        stride = max(1, used // 1000)
        last_ns = sorted(
            int(self.table[row * CONVERSATION_WORDS + C_LAST_NS])
            for row in range(0, used, stride)
            if self.table[row * CONVERSATION_WORDS + C_STATE] == OPEN
        )
        if last_ns:
            self._finish_all(int(self.meta[M_NOW_NS]), last_ns[len(last_ns) // 2])
