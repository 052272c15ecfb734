"""A stream of evidence in blocks of whole lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from why502.engine.compiling import COUNT_LINES, compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 16 << 20
"""Large against what Python adds for each block, small against memory."""

LINE_BYTES = 1 << 20
"""The most of one line that is kept (as `sources.interface.lines` does it)."""

READ_BYTES = 1 << 20

PADDING_BYTES = 32
"""Behind every block: what the compiled loop may look at beyond its end (`kernels.loads`)."""

TAIL_BYTES = 1 << 14
"""In which the last line feed is looked for first."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines; the last byte is a line feed, and behind it lie `PADDING_BYTES` of anything."""

    data: NDArray[np.uint8]
    size: int
    lines: int
    lines_before: int = 0
    """Of the stream, in front of the block."""

    @classmethod
    def of(cls, data: NDArray[np.uint8], size: int, lines_before: int = 0) -> Block:
        return cls(data, size, compiled(COUNT_LINES)(data, size), lines_before)

    def line(self, begin: int, end: int) -> bytes:
        return bytes(self.data[begin:end].data)


def blocks(
    stream: BinaryIO, block_bytes: int = BLOCK_BYTES, spare: list[NDArray[np.uint8]] | None = None
) -> Iterator[Block]:
    """All lines of the stream, each in one block; a line that does not fit into a block comes as `kept_part`.

    `spare`: memory of blocks that nobody looks at any more; new pages cost as much as reading.
    """
    rest = b""
    over = False
    lines = 0
    while not over:
        data = _memory(len(rest) + block_bytes + 1 + PADDING_BYTES, spare)
        view = data.data[: len(rest) + block_bytes]
        view[: len(rest)] = rest
        size = _fill(stream, view, len(rest))
        over = size < len(view)
        if over and size and data[size - 1] != ord("\n"):
            data[size] = ord("\n")
            size += 1
        end = _behind_last_newline(data.data, size)
        rest = bytes(view[end:size])
        if end:
            block = Block.of(data, end, lines)
            lines += block.lines
            yield block
        if len(rest) > LINE_BYTES:
            line, rest = _cut_line(stream, rest)
            yield Block(np.frombuffer(line + bytes(PADDING_BYTES), np.uint8), len(line), 1, lines)
            lines += 1


def _memory(size: int, spare: list[NDArray[np.uint8]] | None) -> NDArray[np.uint8]:
    """So many bytes at least, or a little more than that so that they fit the next time."""
    while spare:
        data = spare.pop()
        if data.size >= size:
            return data
    return np.empty(size + TAIL_BYTES, np.uint8)


def kept_part(line: bytes) -> bytes:
    """What is kept of a long line: its first `LINE_BYTES`.

    NUL bytes that fill them (the hole that a truncating log rotation leaves) do not count; the next ones are taken.
    """
    pieces = (line[at : at + LINE_BYTES] for at in range(0, len(line), LINE_BYTES))
    return next((piece for piece in pieces if piece.strip(b"\0")), b"")


def _fill(stream: BinaryIO, view: memoryview, size: int) -> int:
    """Reads until the view is full or the stream is over; the size then."""
    while size < len(view):
        read = stream.readinto(view[size : size + READ_BYTES])  # type: ignore[attr-defined] # every stream of ours has it
        if not read:
            return size
        size += read
    return size


def _behind_last_newline(view: memoryview, size: int) -> int:
    high = size
    while high > 0:
        low = max(0, high - TAIL_BYTES)
        found = bytes(view[low:high]).rfind(b"\n")
        if found >= 0:
            return low + found + 1
        high = low
    return 0


def _cut_line(stream: BinaryIO, begun: bytes) -> tuple[bytes, bytes]:
    """The kept part of a line without end, as a line, and what was read beyond it."""
    part = begun
    while (newline := part.find(b"\n")) < 0:
        whole = len(part) - len(part) % LINE_BYTES
        kept = kept_part(part[:whole])
        part = kept or part[whole:]
        more = stream.read(READ_BYTES)
        if not more:
            return kept_part(part) + b"\n", b""
        part = kept + more if kept else part + more
    return kept_part(part[:newline]) + b"\n", part[newline + 1 :]
