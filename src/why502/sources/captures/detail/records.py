"""Protocols made of records that tell their length: TLS and HTTP/2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT_BYTES = 8
"""How much of a record's body is needed: the type of a handshake message, an alert, a GOAWAY."""


class Record(Struct, frozen=True, gc=False):
    head: bytes
    body_bytes: int
    """As the head tells."""
    body: bytes
    """Its beginning, at most `KEPT_BYTES`, less if it was not captured."""


@dataclass(slots=True)
class Records:
    """Cuts a stream into records; once a head is missing, the rest cannot be told."""

    head_bytes: int
    measure: Callable[[bytes], int | None]
    """Length of the body from the head; None: this is no such head."""
    buffer: bytes = b""
    to_skip: int = 0
    lost: bool = False
    foreign: bool = False
    """What stands where a head should be is none."""

    def feed(self, data: bytes, missing_bytes: int = 0) -> Iterator[Record]:
        """The records whose beginning is complete by now."""
        if self.lost:
            return
        yield from self._records(data)
        if missing_bytes and not self.lost:
            yield from self._miss(missing_bytes)

    def _records(self, data: bytes) -> Iterator[Record]:
        skipped = min(self.to_skip, len(data))
        self.to_skip -= skipped
        self.buffer += data[skipped:]
        while len(self.buffer) >= self.head_bytes:
            head = self.buffer[: self.head_bytes]
            length = self._length(head)
            if length is None or len(self.buffer) < self.head_bytes + min(length, KEPT_BYTES):
                return
            body = self.buffer[self.head_bytes : self.head_bytes + length]
            self.buffer = self.buffer[self.head_bytes + length :]
            self.to_skip = length - len(body)
            yield Record(head, length, body[:KEPT_BYTES])

    def _length(self, head: bytes) -> int | None:
        length = self.measure(head)
        if length is None:
            self.lost = self.foreign = True
        return length

    def _miss(self, missing_bytes: int) -> Iterator[Record]:
        if len(self.buffer) >= self.head_bytes:  # the beginning of its body is missing
            head, body = self.buffer[: self.head_bytes], self.buffer[self.head_bytes :]
            length = self._length(head) or 0
            self.buffer, self.to_skip = b"", length - len(body)
            yield Record(head, length, body)
        if self.buffer or missing_bytes > self.to_skip:
            self.lost = True
        self.to_skip = max(0, self.to_skip - missing_bytes)
