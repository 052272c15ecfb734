"""The two ends of a conversation, as numbers that stand in every segment."""

from __future__ import annotations

from ipaddress import ip_address

from why502.sources.captures.kernels import layout as at

Ends = tuple[int, int, int, int, int]
"""Sender's and receiver's address, two machine words each (negative, if the highest bit is set); IP version and both
ports in one. They stand like this in a segment (`kernels.layout`, S_FROM_HIGH to S_PORTS)."""

_WORD = 0xFFFFFFFFFFFFFFFF


def raw(endpoint: str) -> bytes:
    """An address and port as they stand on the wire.

    >>> raw("10.0.0.7:8080").hex(), raw("[::1]:80")[-3:].hex()
    ('0a0000071f90', '010050')
    """
    address, _, port = endpoint.rpartition(":")
    if address[0] == "[":
        return ip_address(address[1:-1]).packed + int(port).to_bytes(2, "big")
    return bytes(map(int, address.split("."))) + int(port).to_bytes(2, "big")


def ends(sender: bytes, receiver: bytes) -> Ends:
    """Of two ends as they stand on the wire."""
    version = 4 if len(sender) == 6 else 6
    ports = version << 32 | int.from_bytes(sender[-2:], "big") << 16 | int.from_bytes(receiver[-2:], "big")
    source, destination = int.from_bytes(sender[:-2], "big"), int.from_bytes(receiver[:-2], "big")
    addresses = source >> 64, source & _WORD, destination >> 64, destination & _WORD
    a_high, a_low, b_high, b_low = (word - (1 << 64) if word >> 63 else word for word in addresses)
    return a_high, a_low, b_high, b_low, ports


def ends_of(segment: list[int]) -> Ends:
    """Of a segment's words."""
    a_high, a_low, b_high, b_low, ports = segment[at.S_FROM_HIGH : at.S_PORTS + 1]
    return a_high, a_low, b_high, b_low, ports
