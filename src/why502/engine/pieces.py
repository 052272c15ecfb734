"""What the workers make of a block: rows and counts of the lines of which the plan is certain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa  # noqa: TC002 - a type of a named tuple

from why502.engine.blocks import Block, kept_part
from why502.engine.counting import Counted, counted
from why502.engine.cutting import NO_STEPS, Cut, Desk, Numbers, Program, cut
from why502.engine.distinct import distinct
from why502.engine.drawing import Drawn, drawn
from why502.engine.planned import Planned
from why502.engine.rows import planned_rows
from why502.engine.seeing import Seen, wanted_lines
from why502.facts.wanted import Wanted
from why502.formats.columns import UNSURE, Plan
from why502.formats.long_lines import shortened
from why502.model.evidence import Place
from why502.model.requests import Request

EMPTY = "\0 \t"
"""What a line may hold and still be no line of the log."""

BYTE_ORDER_MARK = "\ufeff"


def line_text(raw: bytes, *, first: bool) -> str:
    """A line as `sources.interface.lines` gives it, without what surrounds it; a long one is shortened."""
    text = kept_part(raw).decode("utf-8", "replace").rstrip("\r\n")
    return shortened((text.removeprefix(BYTE_ORDER_MARK) if first else text).strip(EMPTY))


class Part(NamedTuple):
    """Requests of a piece of a log."""

    seen: Seen
    rows: pa.RecordBatch
    counted: Counted | None = None
    """Those that are no rows."""


class Piece(NamedTuple):
    """A block that went through the hands of a worker."""

    cut: Cut
    others: Numbers
    """The lines that the parser has to see, in order."""
    planned: Planned | None = None
    """The other lines."""
    part: Part | None = None
    """Their requests; None: there are none."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Knows one file's plan; may be asked by many threads at once."""

    parse: Callable[[str, Place], Request | str | None]
    """The format's."""
    path: str
    file: int
    """The number of the file in the table."""
    plan: Plan | None
    program: Program
    counting: bool
    """Whether ordinary requests are only counted (`facts.counted`)."""
    wanted: Wanted
    """The part of the requests that is told."""

    @classmethod
    def of(
        cls,
        parse: Callable[[str, Place], Request | str | None],
        path: str,
        file: int,
        plan: Plan | None,
        *,
        counting: bool,
        wanted: Wanted,
    ) -> Worker:
        return cls(parse, path, file, plan, Program.of(plan.steps) if plan else NO_STEPS, counting, wanted)

    def piece(self, before: int, block: Block, desk: Desk) -> Piece:
        """Of a block before which so many requests were found, or more."""
        piece = cut(self.program, block, desk)
        if self.plan is None:
            return Piece(piece, np.arange(piece.sure.size))
        planned = self._planned(piece, self.plan)
        others = np.ones(piece.sure.size, np.bool_)
        others[planned.index] = False
        part = self._part(planned, before) if planned.index.size else None
        return Piece(piece, np.flatnonzero(others), planned, part)

    def _planned(self, piece: Cut, plan: Plan) -> Planned:
        """The lines that no parser has to see."""
        sure = np.flatnonzero(piece.sure)
        columns = piece.columns(sure)
        shapes, first, which = distinct(plan.shape(columns))
        samples = [
            None if shape == UNSURE else self._sample(piece, at)
            for shape, at in zip(shapes.tolist(), sure[first].tolist(), strict=True)
        ]
        told = np.array([sample is not None for sample in samples], np.bool_)
        if told.all():
            return Planned.of(piece, plan, sure, columns, samples, which)
        settled = told[which]
        index = sure[settled]
        return Planned.of(piece, plan, index, piece.columns(index), samples, which[settled])

    def _sample(self, piece: Cut, index: int) -> Request | None:
        """What the parser makes of one line of a shape; None: no request, so that each line is to be asked."""
        read = self.parse(line_text(piece.raw_line(index), first=False), Place(self.path))
        return read if isinstance(read, Request) else None

    def _part(self, lines: Planned, before: int) -> Part:
        seen, lines = Seen.of_lines(lines, self.wanted), wanted_lines(lines, self.wanted)
        kept = drawn(lines.index + (lines.piece.block.lines_before + 1), before)
        if not self.counting:
            return Part(seen, planned_rows(lines.chosen(np.arange(lines.index.size)), self.file, kept))
        odd = lines.failed | lines.retried | ~lines.served | lines.delayed | lines.turned_down
        odd[lines.outermost] = True
        told = np.flatnonzero(odd)
        rows = planned_rows(lines.chosen(told), self.file, kept[told])
        return Part(
            seen, rows, counted(lines, np.flatnonzero(~odd), self._drawn(lines.piece, lines.index[kept & ~odd]))
        )

    def _drawn(self, piece: Cut, index: Numbers) -> list[Drawn]:
        numbers = (index + (piece.block.lines_before + 1)).tolist()
        return [Drawn(self.file, number, raw) for number, raw in zip(numbers, piece.raw_lines(index), strict=True)]
