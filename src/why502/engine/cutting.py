"""Blocks of lines cut into columns, by as many threads as there are processors."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from why502.engine.blocks import BLOCK_BYTES, LINE_BYTES, Block, blocks
from why502.engine.compiling import COUNT_LINES, SCAN, compiled
from why502.formats.columns import MAX_NAMES, NAME_PLACES, Columns, Step, Take

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from typing import BinaryIO

Numbers = NDArray[np.int64]

WORKERS: Final = max(1, min(4, os.cpu_count() or 1))


READ_AHEAD: Final = 2


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


def cut(program: Program, block: Block) -> Cut:
    """One block; holds no lock while it runs."""
    lines = compiled(COUNT_LINES)(block.data, block.size)
    begins, good = np.empty(lines + 1, np.int64), np.empty(lines, np.uint8)
    columns, spans = np.empty((len(program.columns), lines), np.int64), np.empty((MAX_NAMES, 2), np.int64)
    table, before = np.full(NAME_PLACES, -1, np.int64), np.full((len(program.steps), 2), -1, np.int64)
    names = compiled(SCAN)(
        block.data, block.size, program.steps, program.literals, begins, good, columns, spans, table, before
    )
    sure = good.view(np.bool_) & (np.diff(begins) <= LINE_BYTES)
    texts = tuple(block.line(int(low), int(high)).decode("utf-8", "replace") for low, high in spans[:names])
    return Cut(block, begins, sure, dict(zip(program.columns, columns, strict=True)), texts)


def cuts(stream: BinaryIO, program: Program) -> Iterator[Cut]:
    """Every block of the stream, in order, valid until the next one is asked for.

    One thread reads and inflates ahead while others cut; at most `READ_AHEAD` + `WORKERS` + 1 blocks are in memory.
    """
    for kernel in (COUNT_LINES, SCAN):
        compiled(kernel)  # once, not in each thread
    spare: list[NDArray[np.uint8]] = []
    source = blocks(stream, BLOCK_BYTES, spare)
    cutting: deque[Future[Cut]] = deque()
    with ThreadPoolExecutor(1, "read") as reader, ThreadPoolExecutor(WORKERS, "cut") as pool:
        reading = deque(reader.submit(next, source, None) for _ in range(READ_AHEAD))
        while (block := reading.popleft().result()) is not None:
            reading.append(reader.submit(next, source, None))
            cutting.append(pool.submit(cut, program, block))
            if len(cutting) > WORKERS:
                yield from _given(cutting.popleft(), spare)
        while cutting:
            yield from _given(cutting.popleft(), spare)


def _given(cutting: Future[Cut], spare: list[NDArray[np.uint8]]) -> Iterator[Cut]:
    """A block that was cut; its memory is used again."""
    piece = cutting.result()
    yield piece
    spare.append(piece.block.data)
