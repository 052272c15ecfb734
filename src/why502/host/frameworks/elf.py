"""Where the read-only data of a binary lies (ELF, elf(5)), and strings in it. 64 bit, little endian.

Read piece by piece, never mapped: a file that shrinks while it is mapped would end us with SIGBUS.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import re

HEADER: Final = struct.Struct("<4s B B 10x H H I Q Q Q I 6H")
"""Magic, class, byte order; ..., section table [8], ..., size [13], count [14] and names [15] of sections."""
SECTION: Final = struct.Struct("<I I Q Q Q Q I I Q Q")
MAX_SECTIONS: Final = 1_000
MAX_SEARCHED_BYTES: Final = 256 << 20
PIECE_BYTES: Final = 4 << 20
AROUND_BYTES: Final = 200
MAX_HITS: Final = 64
"""Places of one literal that are looked at."""


@dataclass(frozen=True, slots=True)
class Binary:
    """An open binary."""

    fd: int
    sections: dict[str, tuple[int, int]]
    """Name -> (offset, size) within the file."""

    def section(self, name: str, limit: int) -> bytes:
        offset, size = self.sections.get(name, (0, 0))
        return os.pread(self.fd, min(size, limit), offset)

    def search(self, patterns: dict[bytes, re.Pattern[bytes]]) -> re.Match[bytes] | None:
        """The first match of a pattern close to its literal, in read-only data."""
        offset, size = self.sections.get(".rodata") or (0, MAX_SEARCHED_BYTES)
        left = dict.fromkeys(patterns, MAX_HITS)
        for at in range(offset, offset + min(size, MAX_SEARCHED_BYTES), PIECE_BYTES):
            piece = os.pread(self.fd, PIECE_BYTES + 2 * AROUND_BYTES, max(0, at - AROUND_BYTES))
            for literal, pattern in patterns.items():
                if match := _near(piece, literal, pattern, left):
                    return match
            if len(piece) < PIECE_BYTES:
                return None
        return None


def _near(piece: bytes, literal: bytes, pattern: re.Pattern[bytes], left: dict[bytes, int]) -> re.Match[bytes] | None:
    at = piece.find(literal)
    while at >= 0 and left[literal] > 0:
        left[literal] -= 1
        if match := pattern.search(piece[max(0, at - AROUND_BYTES) : at + AROUND_BYTES]):
            return match
        at = piece.find(literal, at + 1)
    return None


def binary(fd: int | None) -> Binary | None:
    """The binary behind a descriptor; None if it is no ELF file."""
    if fd is None:
        return None
    head = os.pread(fd, HEADER.size, 0)
    if len(head) < HEADER.size or not head.startswith(b"\x7fELF"):
        return None
    return Binary(fd, _sections(fd, head))


def _sections(fd: int, head: bytes) -> dict[str, tuple[int, int]]:
    """Section table by name; empty where it is missing, broken, or of another kind of machine."""
    header = HEADER.unpack(head)
    table, entry_size, count, names = header[8], header[13], min(header[14], MAX_SECTIONS), header[15]
    if header[1:3] != (2, 1) or entry_size != SECTION.size or names >= count or table >= 1 << 62:
        return {}
    content = os.pread(fd, count * SECTION.size, table)
    rows = list(SECTION.iter_unpack(content[: len(content) // SECTION.size * SECTION.size]))
    if names >= len(rows) or max(row[4] for row in rows) >= 1 << 62:
        return {}
    texts = os.pread(fd, min(rows[names][5], 1 << 20), rows[names][4])
    return {_name(texts, row[0]): (row[4], row[5]) for row in rows}


def _name(texts: bytes, at: int) -> str:
    return texts[at : at + 64].partition(b"\0")[0].decode("ascii", "replace")
