"""One captured packet, before anything is known about its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_FRAME_BYTES = 256 * 1024
"""Largest packet that tcpdump and Wireshark write (MAXIMUM_SNAPLEN of libpcap's tcpdump, `netdissect.h`)."""


class Frame(Struct, frozen=True, gc=False):
    """One packet as it stands in the file."""

    number: int
    """From 1, as Wireshark counts (frame.number)."""
    at_s: float
    link: int
    """Link type (tcpdump.org/linktypes.html)."""
    data: bytes
    """What was captured: possibly only the first bytes of the packet."""
    wire_bytes: int
    """How long the packet was on the wire, as the file claims."""


class Unread(Struct, frozen=True, gc=False):
    """A packet that cannot be taken out of the file, and why."""

    number: int
    why: str


CUT = "the file ends in the middle of a packet"


def read_exactly(stream: BinaryIO, size_bytes: int) -> bytes:
    """`size_bytes` of the stream; fewer only at its end, or if its compressed form is cut or damaged there."""
    parts = []
    while size_bytes > 0:
        try:
            part = stream.read(size_bytes)
        except (OSError, EOFError):
            break
        if not part:
            break
        parts.append(part)
        size_bytes -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
