"""What the workers make of a block: rows and counts of the lines of which the plan is certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa  # noqa: TC002 - a type of a named tuple

from why502.engine.blocks import Block, kept_part
from why502.engine.counting import Counted, counted
from why502.engine.cutting import NO_STEPS, Cut, Desk, Numbers, Program, cut
from why502.engine.distinct import distinct
from why502.engine.planned import Planned
from why502.engine.rows import planned_rows
from why502.formats.columns import UNSURE, Plan
from why502.model.evidence import Place
from why502.model.patterns import priority, threshold
from why502.model.requests import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

EMPTY = "\0 \t"
"""What a line may hold and still be no line of the log."""

BYTE_ORDER_MARK = "\ufeff"


def line_text(raw: bytes, *, first: bool) -> str:
    """A line as `sources.interface.lines` gives it, without what surrounds it."""
    text = kept_part(raw).decode("utf-8", "replace").rstrip("\r\n")
    return (text.removeprefix(BYTE_ORDER_MARK) if first else text).strip(EMPTY)


def drawn(numbers: NDArray[np.int64], before: int) -> NDArray[np.bool_]:
    """Which of these lines are kept for samples if so many requests stand before them, or more."""
    kept: NDArray[np.bool_] = priority(numbers) < threshold(before + numbers.size)
    return kept


class Part(NamedTuple):
    """Requests of a piece of a log."""

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

    @classmethod
    def of(
        cls,
        parse: Callable[[str, Place], Request | str | None],
        path: str,
        file: int,
        plan: Plan | None,
        *,
        counting: bool,
    ) -> Worker:
        return cls(parse, path, file, plan, Program.of(plan.steps) if plan else NO_STEPS, counting)

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
        kept = drawn(lines.index + (lines.piece.block.lines_before + 1), before)
        odd = kept | lines.failed | lines.retried | ~lines.served | lines.delayed
        odd[lines.outermost] = True
        if not self.counting:
            odd[:] = True
        told = np.flatnonzero(odd)
        rows = planned_rows(lines.chosen(told), self.file, kept[told])
        return Part(rows, counted(lines, np.flatnonzero(~odd)) if self.counting else None)
