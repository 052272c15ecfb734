"""How a capture is recognised: by the bytes it begins with."""

from __future__ import annotations

from typing import Final

KIND: Final = "capture"

PCAP: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""The first four bytes of a classic file -> byte order, and unit of the timestamps' fraction in nanoseconds."""
PCAPNG: Final = b"\x0a\x0d\x0d\x0a"
"""Type of a section header block, the same in both byte orders."""
PCAPNG_ORDERS: Final = frozenset({b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d"})
"""The byte-order magic that follows it."""


def fit(head: bytes) -> float:
    """1 for the first bytes of a capture, 0 for anything else; 0.5 if only its four magic bytes are there."""
    magic = head[:4]
    if magic in PCAP:
        return 1.0 if len(head) >= 24 else 0.5
    if magic == PCAPNG and (head[8:12] in PCAPNG_ORDERS or len(head) < 12):
        return 1.0 if len(head) >= 12 else 0.5
    return 0.0
