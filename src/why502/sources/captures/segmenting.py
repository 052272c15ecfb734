"""From the bytes of one capture file to its segments, a stretch at a time."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from why502.sources.captures.kernels.fragments import REMEMBERED
from why502.sources.captures.kernels.layout import (
    FRAGMENT_WORDS,
    M_FROM_NS,
    M_MISREAD,
    M_MISREADS,
    M_SEED,
    META_WORDS,
    MISREAD_WORDS,
    SEGMENT_WORDS,
)
from why502.sources.captures.kernels.reasons import sentence
from why502.sources.captures.walking import Walker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.captures.buffering import Buffer
    from why502.sources.captures.kernels.words import Words
    from why502.sources.captures.machine import Machine
    from why502.sources.captures.statuses import StatusLines


AHEAD = 3
"""Stretches that may be decoded while one is followed. With one, each thread waited for the other at every stretch:
a third of the time."""


class Segmenter:
    """Walks through one capture file and decodes its packets; `notes` counts what was and was not understood."""

    def __init__(
        self, machine: Machine, buffer: Buffer, number: int = 0, seed: int = 0, statuses: StatusLines | None = None
    ) -> None:
        """`seed` of the hashes, the same for all that follow these segments; `statuses` hears each stretch."""
        self._machine, self._buffer = machine, buffer
        self._walker = Walker(machine, buffer, number)
        self._statuses = statuses
        self._fragments = machine.words(REMEMBERED * FRAGMENT_WORDS)
        self.notes = machine.words(META_WORDS)
        self.notes[M_FROM_NS], self.notes[M_SEED] = -1, seed

    def stretches(self) -> Iterator[tuple[Words, int]]:
        """Segments and their number, again and again. One may be used while `AHEAD` more are asked for, no longer."""
        machine = self._machine
        spaces = cycle([machine.words(machine.room * SEGMENT_WORDS) for _ in range(AHEAD + 1)])
        for taken, space in zip(self._walker.stretches(), spaces, strict=False):
            data = machine.octets(self._buffer.content)
            count = machine.take_segments(data, self._walker.packets, taken, space, self._fragments, self.notes)
            if self._statuses is not None:
                self._statuses.hear(self._buffer.content, self._walker.packets, taken, space, count)
            yield space, count

    def misreads(self) -> Iterator[tuple[int, str]]:
        """Number and reason of the first packets that were not understood."""
        for index in range(self.notes[M_MISREADS]):
            m = M_MISREAD + index * MISREAD_WORDS
            number, *why = (int(word) for word in self.notes[m : m + MISREAD_WORDS])
            yield number, sentence(*why)
