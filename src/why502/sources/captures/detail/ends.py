"""The two ends of a conversation, as numbers that stand in every segment."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from why502.sources.captures.kernels import layout as at

if TYPE_CHECKING:
    from collections.abc import Sequence

Ends = tuple[int, int, int, int, int]
"""Sender's and receiver's address, two words each; IP version and both ports in one."""

_WORD = 0xFFFFFFFFFFFFFFFF


def raw(endpoint: str) -> bytes:
    """An address and port as they stand on the wire.

    >>> raw("10.0.0.7:8080").hex(), raw("[::1]:80")[-3:].hex()
    ('0a0000071f90', '010050')
    """
    address, _, port = endpoint.rpartition(":")
    return ip_address(address.strip("[]")).packed + int(port).to_bytes(2, "big")


def ends(sender: bytes, receiver: bytes) -> Ends:
    """Of two ends as they stand on the wire."""
    version = 4 if len(sender) == 6 else 6
    ports = version << 32 | int.from_bytes(sender[-2:], "big") << 16 | int.from_bytes(receiver[-2:], "big")
    source, destination = int.from_bytes(sender[:-2], "big"), int.from_bytes(receiver[:-2], "big")
    return source >> 64, source & _WORD, destination >> 64, destination & _WORD, ports


def ends_of(segment: Sequence[int]) -> Ends:
    """Of a segment's words; machine words of IPv6 can be negative."""
    return (
        int(segment[at.S_FROM_HIGH]) & _WORD,
        int(segment[at.S_FROM_LOW]) & _WORD,
        int(segment[at.S_TO_HIGH]) & _WORD,
        int(segment[at.S_TO_LOW]) & _WORD,
        int(segment[at.S_PORTS]),
    )
