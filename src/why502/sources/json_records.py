"""Logs as one JSON document (exports of Google Cloud, Azure and `jq`): each record becomes a line.

A record stands on the line on which it begins, with empty lines (which count as nothing) for the others that it took,
so that places still name lines of the file. Records may be the elements of an array, those of an array under one of
`KEYS`, or objects that follow each other.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, BinaryIO

from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

KEYS = ("records", "entries", "value", "logs", "events")
"""Azure's exports, `gcloud logging read --format=json` through some tools, REST answers."""

PIECE_BYTES = 1 << 18
MAX_RECORD_BYTES = 1 << 20
"""A longer one is no log record; the rest of the document is handed on as it is, to be counted as not understood."""

_OPENING = expression(rb'\s*(?:\[\s*\{|\{\s*"(?:' + "|".join(KEYS).encode() + rb')"\s*:\s*\[\s*\{|\{\s*\n)')
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*'
_MARK = expression(_STRING + rb'"|(' + _STRING + rb"\\?\Z)|[{}]", re.DOTALL)
"""A string, a string that the piece cuts (in the group), or a brace."""
_BETWEEN = b" \t\r\n,[]}"
"""What may stand around records."""


def is_document(head: bytes) -> bool:
    """Whether the content looks like records in one document rather than in lines."""
    return _OPENING.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def lined(stream: BinaryIO) -> BinaryIO:
    """The same records, one a line; closing it closes the stream."""
    return io.BufferedReader(_Lined(stream), PIECE_BYTES)


class _Lined(io.RawIOBase):
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._pieces = _pieces(stream)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        size = min(len(view), len(self._left))
        view[:size], self._left = self._left[:size], self._left[size:]
        return size

    def close(self) -> None:
        self._stream.close()
        super().close()


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """Records, the line feeds between them, and what is no record."""
    text = stream.read(PIECE_BYTES).removeprefix(b"\xef\xbb\xbf")
    opened = _OPENING.match(text)
    outer = 1 if opened is not None and b'"' in opened[0] else 0
    depth = told = scanned = 0
    begin, first = -1, True
    while True:
        for mark in _MARK.finditer(text, scanned):
            if mark[1] is not None:
                scanned = mark.start()
                break
            if mark[0] == b"{":
                depth += 1
                if depth == outer + 1 and begin < 0:
                    yield _between(text[told : mark.start()], first=first)
                    begin, first = mark.start(), False
            elif mark[0] == b"}":
                depth -= 1
                if depth == outer and begin >= 0:
                    yield _record(text[begin : mark.end()])
                    begin, told = -1, mark.end()
        else:
            scanned = len(text)
        cut = begin if begin >= 0 else told
        text, scanned, told, begin = text[cut:], scanned - cut, 0, min(begin, 0)
        more = stream.read(PIECE_BYTES) if len(text) <= MAX_RECORD_BYTES else b""
        if not more:
            break
        text += more
    if text:
        yield _record(text) if begin >= 0 else _between(text, first=False)
    yield from iter(lambda: stream.read(PIECE_BYTES), b"")


def _record(text: bytes) -> bytes:
    """On one line, and as many line feeds as it had."""
    return text.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n" * max(1, text.count(b"\n"))


def _between(text: bytes, *, first: bool) -> bytes:
    """What stands around records gives its line feeds; anything else there is a line of its own."""
    return b"\n" * text.count(b"\n") if first or not text.strip(_BETWEEN) else _record(text)
