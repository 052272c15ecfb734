"""Blocks of lines cut into columns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from why502.engine.blocks import Block
from why502.engine.compiling import SCAN, compiled
from why502.formats.columns import MAX_NAMES, NAME_PLACES, Columns, Step, Take
from why502.formats.long_lines import LONG

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Program:
    """The steps of a plan as the compiled loop wants them."""

    steps: Numbers
    literals: NDArray[np.uint8]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, steps: tuple[Step, ...]) -> Program:
        columns = tuple(step.name for step in steps if step.name)
        text = b"".join(step.text.encode() for step in steps)
        rows, at = [], 0
        for step in steps:
            until = ord(step.until) if step.until else -1
            column = columns.index(step.name) if step.name else -1
            size = len(step.text.encode())
            rows.append((int(step.take), until, step.least, step.most, column, at, at + size))
            at += size
        return cls(np.array(rows, np.int64), np.frombuffer(text or b"\n", np.uint8), columns)


NO_STEPS: Final = Program.of((Step(Take.LITERAL, text="\0\n"),))
"""Accepts no line: every one goes to the parser."""


class Desk:
    """Memory for the columns of one block, used again: new pages cost as much as reading."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.int64)

    def cleared(self, *sizes: int) -> list[Numbers]:
        """Arrays of these sizes, with anything in them; those handed out before are no longer valid."""
        whole = sum(sizes)
        if self._memory.size < whole:
            self._memory = np.empty(whole + whole // 8, np.int64)
        return [self._memory[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True)]


@dataclass(frozen=True, slots=True)
class Cut:
    """A block in columns."""

    block: Block
    begins: Numbers
    """Where each line begins; one more for the end of the last."""
    sure: NDArray[np.bool_]
    numbers: dict[str, Numbers]
    names: tuple[str, ...]

    def columns(self, index: Numbers) -> Columns:
        """Of these lines."""
        if index.size == self.sure.size:
            return Columns(self.numbers, self.names)
        return Columns({name: numbers[index] for name, numbers in self.numbers.items()}, self.names)

    def raw_line(self, index: int) -> bytes:
        """Without its line feed."""
        return self.block.line(int(self.begins[index]), int(self.begins[index + 1]) - 1)

    def raw_lines(self, index: Numbers) -> list[bytes]:
        """The same for many."""
        view = self.block.data.data
        spans = zip(self.begins[index].tolist(), (self.begins[index + 1] - 1).tolist(), strict=True)
        return [bytes(view[begin:end]) for begin, end in spans]


def cut(program: Program, block: Block, desk: Desk) -> Cut:
    """One block, on that desk; holds no lock while it runs."""
    lines, width = block.lines, len(program.columns)
    begins, flat, spans, table, before = desk.cleared(
        lines + 1, width * lines, 2 * MAX_NAMES, NAME_PLACES, 2 * len(program.steps)
    )
    columns, spans = flat.reshape(width, lines), spans.reshape(MAX_NAMES, 2)
    table.fill(-1)
    before.fill(-1)
    good = np.empty(lines, np.uint8)
    names = compiled(SCAN)(
        block.data,
        block.size,
        program.steps,
        program.literals,
        begins,
        good,
        columns,
        spans,
        table,
        before.reshape(len(program.steps), 2),
    )
    sure = good.view(np.bool_) & (np.diff(begins) <= LONG)
    texts = tuple(block.line(low, high).decode("utf-8", "replace") for low, high in spans[:names].tolist())
    return Cut(block, begins, sure, dict(zip(program.columns, columns, strict=True)), texts)
