"""One captured packet, before anything is known about its content."""

from __future__ import annotations

from msgspec import Struct

from why502.sources.captures.kernels import reasons
from why502.sources.captures.kernels.walk_pcap import MAX_FRAME_BYTES

__all__ = ["CUT", "MAX_FRAME_BYTES", "Frame", "Unread"]


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


CUT = reasons.sentence(reasons.CUT)
