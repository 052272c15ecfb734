"""One log of any size, read into rows of the table of requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from why502.engine.drawing import drawn
from why502.engine.pieces import Part, Worker, line_text
from why502.engine.rows import parsed_rows
from why502.engine.seeing import Seen
from why502.engine.working import worked
from why502.facts.wanted import EVERYTHING, Wanted
from why502.formats.columns import ABSENT_US, Plan
from why502.formats.health_events import logged_s, tell_health
from why502.formats.interface import LogFormat
from why502.formats.long_lines import LONG
from why502.model.case import KernelEvent, Misread, Window
from why502.model.evidence import Place, Source
from why502.model.traffic import micros

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from why502.engine.pieces import Piece
    from why502.model.requests import Request


@dataclass(slots=True)
class Tally:
    """What became of the lines of one file."""

    keep_misreads: int
    understood: int = 0
    not_understood: int = 0
    first_misreads: list[Misread] = field(default_factory=list)
    kinds: set[Source] = field(default_factory=set)
    """As `Seen.kinds`."""
    events: list[KernelEvent] = field(default_factory=list)
    _from_us: int | None = None
    _to_us: int | None = None

    def misread(self, at: Place, why: str) -> None:
        self.not_understood += 1
        if len(self.first_misreads) < self.keep_misreads:
            self.first_misreads.append(Misread(at, why))

    def saw(self, seen: Seen) -> None:
        self.kinds.update(seen.kinds)
        if seen.from_us is not None and seen.to_us is not None:
            self._from_us = seen.from_us if self._from_us is None else min(self._from_us, seen.from_us)
            self._to_us = seen.to_us if self._to_us is None else max(self._to_us, seen.to_us)

    @property
    def window(self) -> Window | None:
        if self._from_us is None or self._to_us is None:
            return None
        return Window(self._from_us / 1e6, self._to_us / 1e6)


@dataclass(slots=True)
class LogReader:
    """Reads one file: by its plan where that is certain, by the format's parser elsewhere."""

    log_format: LogFormat
    path: str
    file: int
    """The number of the file in the table."""
    plan: Plan | None
    tally: Tally
    added_before: int = 0
    """Requests and attempts of earlier files in the table."""
    counting: bool = False
    """Whether ordinary requests are only counted (`facts.counted`)."""
    wanted: Wanted = EVERYTHING
    """The part of the requests that is told."""
    written_s: float | None = None
    """When the file was last written to."""
    _added: int = 0
    _last_s: float | None = None
    """The last time in the pieces before."""

    def parts(self, stream: BinaryIO) -> Iterator[Part]:
        """The requests of all lines; the tally is complete when they are through."""
        worker = Worker.of(
            self.log_format.parse, self.path, self.file, self.plan, counting=self.counting, wanted=self.wanted
        )
        for piece in worked(stream, lambda: partial(worker.piece, self.added_before + self._added)):
            for part in self._parts(piece):
                self.tally.saw(part.seen)
                self._added += part.rows.num_rows + (part.counted.requests if part.counted else 0)
                yield part
            self._last_s = self.tally.window.to_s if self.tally.window else None

    def _parts(self, piece: Piece) -> Iterator[Part]:
        if piece.part and piece.planned:
            yield piece.part
            self.tally.understood += piece.planned.index.size
        if piece.others.size:
            yield self._by_parser(piece)

    def _by_parser(self, piece: Piece) -> Part:
        """The requests of the lines of which the plan is not certain."""
        requests: list[Request] = []
        raw: list[bytes] = []
        lines_before = piece.cut.block.lines_before
        for index in piece.others.tolist():
            number = lines_before + index + 1
            line = piece.cut.raw_line(index)
            text = line_text(line, first=number == 1)
            if not text:
                continue
            read = self.log_format.parse(text, Place(self.path, number))
            if isinstance(read, str):
                self.tally.misread(Place(self.path, number), read)
                continue
            self.tally.understood += 1
            if read is None:
                place = Place(self.path, number)
                near_s = self._before_s(index, requests, piece)
                tell_health(self.log_format, text, place, near_s, self.tally.events, self.written_s)
            else:
                requests.append(read)
                raw.append(line if len(line) <= LONG else text.encode("utf-8", "replace"))
        wanted = [self.wanted.ended(micros(r.end_s)) and self.wanted.to(r.target) for r in requests]
        told, details = list(compress(requests, wanted)), list(compress(raw, wanted))
        kept = drawn(np.array([r.at.number for r in told], np.int64), self.added_before + self._added)
        return Part(Seen.of_requests(requests, self.wanted), parsed_rows(told, self.file, details, drawn=kept))

    def _before_s(self, index: int, requests: Sequence[Request], piece: Piece) -> float | None:
        """When the request before that line of the piece was logged."""
        own, planned = requests[-1] if requests else None, piece.planned
        if planned is not None:
            row = int(np.searchsorted(planned.index, index)) - 1
            if row >= 0 and (own is None or (own.at.number or 0) <= piece.cut.block.lines_before + planned.index[row]):
                times_us = (int(each[row]) for each in (planned.times.end_us, planned.times.start_us))
                return next((at_us / 1e6 for at_us in times_us if at_us != ABSENT_US), None)
        return self._last_s if own is None else logged_s(own)
