"""Walks pcapng as the specification says, without our own reader."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Kept(NamedTuple):
    """One packet."""

    at_ns: int
    data: bytes
    original_bytes: int


def blocks(content: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(content):
        kind, length = struct.unpack_from("=II", content, at)
        assert length % 4 == 0
        assert struct.unpack_from("=I", content, at + length - 4) == (length,)
        found.append((kind, content[at + 8 : at + length - 4]))
        at += length
    return found


def packets(path: Path) -> list[Kept]:
    content = blocks(path.read_bytes())
    assert [kind for kind, _ in content[:2]] == [0x0A0D0D0A, 1]
    assert content[-1][0] == 5
    return [_packet(body) for kind, body in content if kind == 6]


def _packet(body: bytes) -> Kept:
    _, high, low, kept, original = struct.unpack_from("=IIIII", body)
    return Kept(high << 32 | low, body[20 : 20 + kept], original)
