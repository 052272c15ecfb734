"""Reading numbers out of bytes, and hashing them."""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from typing import Final

Octets = Sequence[int]
"""`bytes`, or an array of uint8."""
Words = MutableSequence[int]
"""A list of int, or an array of int64."""

MASK: Final = 0x7FFFFFFFFFFFFFFF
"""63 bits: never negative, in Python and in machine words."""
_LOW, _HIGH = 0x4F1BBCDD, 0x5851F42D
"""Odd, of 31 bits: no product leaves a machine word, where the compiler takes for granted that none does."""


def u8(data: Octets, at: int) -> int:
    """One octet as a word. (The product, because machine code would go on with unsigned words.)"""
    return data[at] * 1


def u16(data: Octets, at: int) -> int:
    """In network order."""
    return data[at] * 0x100 + data[at + 1]


def u32(data: Octets, at: int) -> int:
    """In network order."""
    return data[at] * 0x1000000 + data[at + 1] * 0x10000 + data[at + 2] * 0x100 + data[at + 3]


def u64(data: Octets, at: int) -> int:
    """In network order, as a machine word has it: negative, if the highest bit is set. Plain Python must agree, because
    the lower address makes side 0.
    """
    return joined(u32(data, at), u32(data, at + 4))


def joined(high: int, low: int) -> int:
    """Two numbers of 32 bits as a machine word has them: negative, if the highest bit is set."""
    return high - (high >> 31 << 32) << 32 | low


def file16(data: Octets, at: int, big: int) -> int:
    """In the byte order of the file."""
    return u16(data, at) if big else data[at + 1] * 0x100 + data[at]


def file32(data: Octets, at: int, big: int) -> int:
    """In the byte order of the file."""
    if big:
        return u32(data, at)
    return data[at + 3] * 0x1000000 + data[at + 2] * 0x10000 + data[at + 1] * 0x100 + data[at]


def mix(seed: int, word: int) -> int:
    """Hash one more word in. The seed is random for each run: nobody can prepare addresses that collide."""
    key = (seed ^ word) & MASK
    mixed = (key & 0xFFFFFFFF) * _LOW ^ (key >> 32) * _HIGH
    return mixed ^ mixed >> 29
