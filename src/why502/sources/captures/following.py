"""One pass over a capture, or over the files of one ring of captures."""

from __future__ import annotations

from bisect import bisect_right
from random import SystemRandom
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.model.case import Input, Misread, Window
from why502.model.evidence import Place, Source
from why502.sources.captures.buffering import COLD_BYTES, SMALL_BYTES, Buffer
from why502.sources.captures.compiling import is_warm
from why502.sources.captures.counting import counted
from why502.sources.captures.kernels.layout import (
    C_FIRST,
    CONVERSATION_WORDS,
    M_FROM_NS,
    M_LAST_NUMBER,
    M_LAST_SEEN_NS,
    M_NOT_UNDERSTOOD,
    M_SEGMENTS,
    M_TO_NS,
    M_UNDERSTOOD,
    S_NS,
)
from why502.sources.captures.machine import INTERPRETED, Machine, compiled_machine
from why502.sources.captures.magic import KIND
from why502.sources.captures.reading_ahead import read_ahead
from why502.sources.captures.segmenting import AHEAD, Segmenter
from why502.sources.captures.statuses import StatusLines
from why502.sources.captures.telling import tell
from why502.sources.captures.tracking import FOREVER_NS, Tracker
from why502.sources.interface import EvidenceFile, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.conversations import Conversation

RING_S = 10.0
"""Between the last packet of one file and the first of the next: a quiet moment, and no packet missed."""


class Followed(Struct, frozen=True):
    """What one file gave."""

    reading: Reading
    others: int
    """Packets without TCP in it: ICMP errors may be among them."""


def follow(files: Sequence[EvidenceFile], machine: Machine | None = None) -> list[Reading]:
    """The readings alone, of `followed`."""
    return [file.reading for file in followed(files, machine)]


def followed(files: Sequence[EvidenceFile], machine: Machine | None = None) -> list[Followed]:
    """A reading for each of these files, which are in the order of their first packets.

    Conversations span files where one begins within `RING_S` after the other's end, as the files of a ring do. Each
    is a fact of the file that holds its first packet, in their order. If the files are large, those
    that failed, were delayed or in which something odd was said are told, and a few samples (`kernels.judge`); the
    others are counted (`model.wire.Counted`, a fact of the first file). Of all of them the status lines are counted
    (`model.wire.Answered`). Memory grows with the open conversations.
    """
    return _Following(files, machine or machine_for(files)).all()


def machine_for(files: Sequence[EvidenceFile]) -> Machine:
    """Plain Python for small captures, machine code for large ones."""
    left = SMALL_BYTES if is_warm() else COLD_BYTES
    for file in files:
        with file.open() as stream:
            left -= len(stream.read(left + 1))
        if left < 0:
            return compiled_machine()
    return INTERPRETED


class _Following:
    def __init__(self, files: Sequence[EvidenceFile], machine: Machine) -> None:
        self._files, self._machine = files, machine
        window = files[0].window
        window_ns = (_ns(window.from_s), _ns(window.to_s)) if window else (0, FOREVER_NS)
        self._seed = SystemRandom().getrandbits(62)
        self._tracker = Tracker(machine, self._seed, window_ns)
        self._statuses = StatusLines(window_ns)
        self._last_ns = 0
        self._begins: list[int] = []
        """How many packets came before each file."""
        self._told: list[list[Conversation]] = [[] for _ in files]

    def all(self) -> list[Followed]:
        packets, inputs, others, answered = 0, [], [], []
        for file in self._files:
            self._begins.append(packets)
            segmenter = self._read(file, packets)
            answered.append(self._statuses.told(file.path, self._place))
            inputs.append(_input(file.path, segmenter, packets))
            others.append(int(segmenter.notes[M_UNDERSTOOD] - segmenter.notes[M_SEGMENTS]))
            packets = max(packets, int(segmenter.notes[M_LAST_NUMBER]))
            self._last_ns = int(segmenter.notes[M_LAST_SEEN_NS]) or self._last_ns
        self._finish()
        numbers = counted(self._tracker, self._files[0].path)
        for told in self._told:
            told.sort(key=lambda conversation: conversation.at.number or 0)
        return [
            Followed(Reading(it, (*told, *answered[index], *(numbers if index == 0 else ()))), others[index])
            for index, (it, told) in enumerate(zip(inputs, self._told, strict=True))
        ]

    def _finish(self) -> None:
        self._tracker.finish(self._last_ns)
        self._tell()

    def _read(self, file: EvidenceFile, packets: int) -> Segmenter:
        """One file. Machine code leaves Python's lock alone: the next stretch is decoded while one is followed."""
        with file.open() as stream:
            segmenter = Segmenter(self._machine, Buffer(stream), packets, self._seed, self._statuses)
            stretches = segmenter.stretches()
            is_first = True
            for segments, count in read_ahead(stretches, AHEAD) if self._machine.is_compiled else stretches:
                if is_first and packets and count and not 0 <= segments[S_NS] - self._last_ns <= RING_S * 1e9:
                    self._finish()
                is_first = is_first and not count
                self._tracker.feed(segments, count)
                self._tell()
        return segmenter

    def _tell(self) -> None:
        tracker = self._tracker
        for row in tracker.told():
            first = int(tracker.table[row * CONVERSATION_WORDS + C_FIRST])
            self._told[self._file_of(first)].append(tell(tracker, row, self._place))

    def _place(self, number: int) -> Place:
        """Where a packet stands, by its running number over all files."""
        index = self._file_of(number)
        return Place(self._files[index].path, number - self._begins[index], mark="#")

    def _file_of(self, number: int) -> int:
        return bisect_right(self._begins, number - 1) - 1


def _input(path: str, segmenter: Segmenter, before: int) -> Input:
    notes = segmenter.notes
    window = Window(notes[M_FROM_NS] / 1e9, notes[M_TO_NS] / 1e9) if notes[M_FROM_NS] >= 0 else None
    return Input(
        path=path,
        kind=KIND,
        source=Source.CAPTURE,
        records=int(notes[M_UNDERSTOOD]),
        not_understood=int(notes[M_NOT_UNDERSTOOD]),
        first_not_understood=tuple(
            Misread(Place(path, number - before, mark="#"), why) for number, why in segmenter.misreads()
        ),
        window=window,
    )


def _ns(at_s: float) -> int:
    return round(max(0.0, min(at_s * 1e9, float(FOREVER_NS - 1024))))
