"""Just enough of the ZIP format to find a few known members in a jar of any size (PKWARE APPNOTE 4.3, 4.4).

The central directory is searched as bytes, not decoded entry by entry: an application's jar has tens of thousands.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

END: Final = b"PK\5\6"
END_FIELDS: Final = struct.Struct("<4s 4H 2I H")
"""Signature, disks and counts, size and offset of the central directory, length of the comment."""
END64_AT: Final = struct.Struct("<4s I Q I")
END64: Final = struct.Struct("<4s Q 2H 2I 2Q 2Q")
ENTRY: Final = struct.Struct("<4s 6H 3I 5H 2I")
"""Central directory: ..., method [4], ..., sizes [8, 9], lengths of name, extra and comment [10-12], ..., offset."""
LOCAL: Final = struct.Struct("<4s 5H 3I 2H")
LONGEST_COMMENT: Final = 0xFFFF
MAX_DIRECTORY_BYTES: Final = 16 << 20
"""An application of 100,000 classes has 10 MB."""
MAX_HITS: Final = 32
MAX_MEMBER_BYTES: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Directory:
    """The central directory of one archive."""

    fd: int
    content: bytes
    begins_at: int
    """Where the archive begins in the file: executable jars have a script before it."""

    def names(self, part: bytes) -> Iterator[tuple[int, str]]:
        """Members whose name contains `part`: (place of the entry, name); the first `MAX_HITS`."""
        at = self.content.find(part)
        for _ in range(MAX_HITS):
            if at < 0:
                return
            if (found := self._entry_around(at)) is not None:
                yield found
            at = self.content.find(part, at + len(part))

    def read(self, place: int) -> bytes:
        """The beginning of a member; empty if it cannot be unpacked."""
        entry = ENTRY.unpack_from(self.content, place)
        method, size, offset = entry[4], entry[8], self.begins_at + entry[16]
        head = os.pread(self.fd, LOCAL.size, offset)
        if len(head) < LOCAL.size or not head.startswith(b"PK\3\4"):
            return b""
        *_, name_length, extra_length = LOCAL.unpack(head)
        packed = os.pread(self.fd, min(size, MAX_MEMBER_BYTES), offset + LOCAL.size + name_length + extra_length)
        if method == 0:
            return packed
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, MAX_MEMBER_BYTES)
        except zlib.error:
            return b""

    def _entry_around(self, at: int) -> tuple[int, str] | None:
        """The entry whose name covers this place."""
        place = self.content.rfind(b"PK\1\2", max(0, at - ENTRY.size - LONGEST_COMMENT), at)
        if place < 0 or place + ENTRY.size > at:
            return None
        length = ENTRY.unpack_from(self.content, place)[10]
        name = self.content[place + ENTRY.size : place + ENTRY.size + length]
        return (place, name.decode("utf-8", "replace")) if place + ENTRY.size + length > at else None


def directory(fd: int) -> Directory | None:
    """The central directory of an open file; None if it is no archive, or its directory is huge."""
    size = os.fstat(fd).st_size
    tail_at = max(0, size - END_FIELDS.size - LONGEST_COMMENT)
    tail = os.pread(fd, size - tail_at, tail_at)
    end = _end(tail)
    if end is None:
        return None
    *_, length, offset, _ = END_FIELDS.unpack_from(tail, end)
    end_at = tail_at + end
    if offset == 0xFFFFFFFF or length == 0xFFFFFFFF or END_FIELDS.unpack_from(tail, end)[4] == 0xFFFF:
        end_at, length, offset = _large(fd, end_at) or (end_at, length, offset)
    begins_at = end_at - length - offset
    if length > MAX_DIRECTORY_BYTES or begins_at < 0:
        return None
    return Directory(fd, os.pread(fd, length, begins_at + offset), begins_at)


def _end(tail: bytes) -> int | None:
    """The end record: the last one whose comment reaches just to the end of the file."""
    at = tail.rfind(END)
    while at >= 0:
        fits = len(tail) - at >= END_FIELDS.size
        if fits and at + END_FIELDS.size + END_FIELDS.unpack_from(tail, at)[-1] == len(tail):
            return at
        at = tail.rfind(END, 0, at)
    return None


def _large(fd: int, end_at: int) -> tuple[int, int, int] | None:
    """Where the end record of ZIP64 stands, and what it says: more members or bytes than 16 or 32 bits can count."""
    if end_at < END64_AT.size:
        return None
    locator = os.pread(fd, END64_AT.size, end_at - END64_AT.size)
    if len(locator) < END64_AT.size or not locator.startswith(b"PK\6\7"):
        return None
    at = end_at - END64_AT.size - END64.size
    record = os.pread(fd, END64.size, at) if at >= 0 else b""
    if len(record) < END64.size or not record.startswith(b"PK\6\6"):
        return None
    *_, length, offset = END64.unpack(record)
    return at, length, offset
