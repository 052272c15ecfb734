"""One log of any size, read into rows of the table of requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa  # noqa: TC002 - a type of a named tuple

from why502.engine.arrays import plain, there
from why502.engine.blocks import kept_part
from why502.engine.counting import Counted, counted
from why502.engine.cutting import NO_STEPS, Program, cuts
from why502.engine.planned import Planned
from why502.engine.rows import parsed_rows, planned_rows
from why502.formats.columns import ABSENT_US, UNSURE, Plan
from why502.formats.health_events import logged_s, tell_health
from why502.formats.interface import LogFormat
from why502.model.case import KernelEvent, Misread, Window
from why502.model.evidence import Place, Source
from why502.model.patterns import priority, threshold
from why502.model.requests import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from numpy.typing import NDArray

    from why502.engine.cutting import Cut

EMPTY = "\0 \t"
"""What a line may hold and still be no line of the log."""

BYTE_ORDER_MARK = "\ufeff"


@dataclass(slots=True)
class Tally:
    """What became of the lines of one file."""

    keep_misreads: int
    understood: int = 0
    not_understood: int = 0
    first_misreads: list[Misread] = field(default_factory=list)
    kinds: set[Source] = field(default_factory=set)
    """Requests with a status are an access log's, others an error log's."""
    events: list[KernelEvent] = field(default_factory=list)
    _from_us: int | None = None
    _to_us: int | None = None

    def misread(self, at: Place, why: str) -> None:
        self.not_understood += 1
        if len(self.first_misreads) < self.keep_misreads:
            self.first_misreads.append(Misread(at, why))

    def saw(self, rows: pa.RecordBatch) -> None:
        """Takes note of the times in the rows, and of what they are."""
        of_requests = plain(rows.column("attempt"), np.int32) == 0
        answered = there(rows.column("status"))[of_requests]
        self.kinds.update(
            {Source.ACCESS_LOG} if answered.any() else (), {Source.ERROR_LOG} if not answered.all() else ()
        )
        for column in ("start_us", "end_us"):
            times_us = plain(rows.column(column), np.int64)[there(rows.column(column)) & of_requests]
            if times_us.size:
                low, high = int(times_us.min()), int(times_us.max())
                self._from_us = low if self._from_us is None else min(self._from_us, low)
                self._to_us = high if self._to_us is None else max(self._to_us, high)

    @property
    def window(self) -> Window | None:
        if self._from_us is None or self._to_us is None:
            return None
        return Window(self._from_us / 1e6, self._to_us / 1e6)


def line_text(raw: bytes, *, first: bool) -> str:
    """A line as `sources.interface.lines` gives it, without what surrounds it."""
    text = kept_part(raw).decode("utf-8", "replace").rstrip("\r\n")
    return (text.removeprefix(BYTE_ORDER_MARK) if first else text).strip(EMPTY)


class Part(NamedTuple):
    """Requests of a piece of a log."""

    rows: pa.RecordBatch
    counted: Counted | None = None
    """Those that are no rows."""


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
    written_s: float | None = None
    """When the file was last written to."""
    _lines: int = 0
    _added: int = 0
    _last_s: float | None = None
    """The last time in the pieces before."""

    def parts(self, stream: BinaryIO) -> Iterator[Part]:
        """The requests of all lines; the tally is complete when they are through."""
        program = Program.of(self.plan.steps) if self.plan else NO_STEPS
        for piece in cuts(stream, program):
            for part in self._parts(piece):
                self.tally.saw(part.rows)
                self._added += part.rows.num_rows + (part.counted.requests if part.counted else 0)
                yield part
            self._lines += piece.sure.size
            self._last_s = self.tally.window.to_s if self.tally.window else None

    def _parts(self, piece: Cut) -> Iterator[Part]:
        if self.plan is None:
            yield Part(self._by_parser(piece, range(piece.sure.size)))
            return
        planned = self._planned(piece, self.plan)
        if planned.index.size:
            yield self._by_plan(planned)
            self.tally.understood += planned.index.size
        others = np.ones(piece.sure.size, np.bool_)
        others[planned.index] = False
        if others.any():
            yield Part(self._by_parser(piece, np.flatnonzero(others).tolist(), planned))

    def _planned(self, piece: Cut, plan: Plan) -> Planned:
        """The lines that no parser has to see."""
        sure = np.flatnonzero(piece.sure)
        columns = piece.columns(sure)
        shapes, first, which = np.unique(plan.shape(columns), return_index=True, return_inverse=True)
        samples = [
            None if shape == UNSURE else self._sample(piece, int(sure[at]))
            for shape, at in zip(shapes.tolist(), first.tolist(), strict=True)
        ]
        settled = np.array([sample is not None for sample in samples], np.bool_)[which]
        index = sure[settled]
        kept = columns if index.size == sure.size else piece.columns(index)
        return Planned.of(piece, plan, index, kept, samples, which[settled])

    def _by_plan(self, lines: Planned) -> Part:
        drawn = self._drawn(lines.index + (self._lines + 1))
        if not self.counting:
            return Part(planned_rows(lines, self.file, self._lines, drawn))
        odd = drawn | lines.failed | lines.retried | ~lines.served | lines.delayed
        odd[lines.outermost] = True
        told = np.flatnonzero(odd)
        rows = planned_rows(lines.chosen(told), self.file, self._lines, drawn[told])
        return Part(rows, counted(lines, np.flatnonzero(~odd)))

    def _sample(self, piece: Cut, index: int) -> Request | None:
        """What the parser makes of one line of a shape; None: no request, so that each line is to be asked."""
        read = self.log_format.parse(line_text(piece.raw_line(index), first=False), Place(self.path))
        return read if isinstance(read, Request) else None

    def _by_parser(self, piece: Cut, indices: Iterable[int], planned: Planned | None = None) -> pa.RecordBatch:
        """The requests of these lines; `planned` are those of the others in the piece."""
        requests: list[Request] = []
        raw: list[bytes] = []
        for index in indices:
            number = self._lines + index + 1
            line = piece.raw_line(index)
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
                near_s = self._before_s(number, requests, planned)
                tell_health(self.log_format, text, place, near_s, self.tally.events, self.written_s)
            else:
                requests.append(read)
                raw.append(line)
        drawn = self._drawn(np.array([request.at.number for request in requests], np.int64))
        return parsed_rows(requests, self.file, raw, drawn=drawn)

    def _before_s(self, number: int, requests: Sequence[Request], planned: Planned | None) -> float | None:
        """When the request before line `number` was logged."""
        own = requests[-1] if requests else None
        if planned is not None:
            row = int(np.searchsorted(planned.index, number - self._lines - 1)) - 1
            if row >= 0 and (own is None or (own.at.number or 0) <= self._lines + planned.index[row]):
                times_us = (int(each[row]) for each in (planned.times.end_us, planned.times.start_us))
                return next((at_us / 1e6 for at_us in times_us if at_us != ABSENT_US), None)
        return self._last_s if own is None else logged_s(own)

    def _drawn(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these lines are kept for samples."""
        kept: NDArray[np.bool_] = priority(numbers) < threshold(self.added_before + self._added + numbers.size)
        return kept
