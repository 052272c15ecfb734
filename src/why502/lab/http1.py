"""HTTP/1.1 messages over asyncio streams, as much as the lab's proxies and clients need."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

MAX_HEAD_BYTES = 64 * 1024
CHUNK_BYTES = 64 * 1024
BODYLESS = frozenset({204, 304})
"""Statuses of answers that never have a body."""


class MalformedError(Exception):
    """These bytes are no HTTP/1.1 message."""


class WatchedReader(asyncio.StreamReader):
    """A stream that also tells at once that the other side has left, whether or not somebody reads."""

    def __init__(self) -> None:
        super().__init__(limit=MAX_HEAD_BYTES)
        self.ended = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.ended.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self.ended.set()


@dataclass(frozen=True, slots=True)
class Head:
    """Start line and header fields of a message."""

    start: str
    fields: tuple[tuple[str, str], ...]
    size_bytes: int

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.fields if key.lower() == name), None)

    @property
    def status(self) -> int:
        """Of an answer."""
        parts = self.start.split(" ", 2)
        if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not parts[1].isdigit():
            raise MalformedError(self.start[:80])
        return int(parts[1])

    @property
    def stays(self) -> bool:
        """Whether the connection may carry another message."""
        return (self.get("connection") or "keep-alive").lower() != "close"

    @property
    def bounded(self) -> bool:
        """Of an answer: whether its end shows otherwise than by the end of the connection (RFC 9112, 6.3)."""
        chunked = (self.get("transfer-encoding") or "").lower() == "chunked"
        return chunked or self.get("content-length") is not None or self.status in BODYLESS

    def encode(self, **replaced: str) -> bytes:
        """On the wire again, with some fields (underscores for hyphens) set anew."""
        new = {key.replace("_", "-"): value for key, value in replaced.items()}
        kept = [f"{key}: {value}" for key, value in self.fields if key.lower() not in new]
        lines = [self.start, *kept, *(f"{key.title()}: {value}" for key, value in new.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Sink(Protocol):
    """Where a body goes."""

    def write(self, data: bytes) -> None: ...

    async def drain(self) -> None: ...


class Nowhere:
    """What is written here is gone."""

    def write(self, data: bytes) -> None:
        pass

    async def drain(self) -> None:
        pass


async def read_head(reader: asyncio.StreamReader, limit_bytes: int = MAX_HEAD_BYTES) -> Head:
    """The next head; EOFError if the other side has left before sending any of it."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise EOFError from error
    except asyncio.LimitOverrunError as error:
        raise MalformedError("header too large") from error
    if len(raw) > limit_bytes:
        raise MalformedError("header too large")
    start, *lines = raw[:-4].decode("latin-1").split("\r\n")
    fields = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise MalformedError(f"no header field: {line[:80]!r}")
        fields.append((name, value.strip()))
    return Head(start, tuple(fields), len(raw))


async def copy_body(reader: asyncio.StreamReader, writer: Sink, head: Head) -> int:
    """Pass a message's body on as it comes in; how many bytes it had. EOFError if it ends too early."""
    if (head.get("transfer-encoding") or "").lower() == "chunked":
        return await _copy_chunked(reader, writer)
    length = head.get("content-length") or "0"
    if not length.isdigit():
        raise MalformedError(f"Content-Length: {length[:20]}")
    return await _copy_exactly(reader, writer, int(length))


async def skip_body(reader: asyncio.StreamReader, head: Head) -> None:
    """Read a message's body and forget it. EOFError if it ends too early."""
    await copy_body(reader, Nowhere(), head)


async def _copy_exactly(reader: asyncio.StreamReader, writer: Sink, length: int) -> int:
    left = length
    while left:
        chunk = await reader.read(min(left, CHUNK_BYTES))
        if not chunk:
            raise EOFError
        writer.write(chunk)
        await writer.drain()
        left -= len(chunk)
    return length


async def _copy_chunked(reader: asyncio.StreamReader, writer: Sink) -> int:
    copied = 0
    try:
        while True:
            size_line = await reader.readuntil(b"\r\n")
            size = int(size_line.split(b";")[0], 16)
            writer.write(size_line)
            copied += await _copy_exactly(reader, writer, size + 2) + len(size_line)
            if size == 0:
                return copied
    except asyncio.IncompleteReadError as error:
        raise EOFError from error
    except (ValueError, asyncio.LimitOverrunError) as error:
        raise MalformedError("bad chunk") from error
