"""The classic capture file (draft-ietf-opsawg-pcap): one header, then packets, one link type."""

from __future__ import annotations

from struct import Struct as Layout
from typing import TYPE_CHECKING

from why502.sources.captures.frames import CUT, MAX_FRAME_BYTES, Frame, Unread, read_exactly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

FORMS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9),
}
"""The first four bytes of a file -> byte order, and unit of the timestamps' fraction in seconds."""

_LINK_MASK = 0xFFFF
"""The upper bits of the link type's field tell of a frame check sequence."""


def frames(magic: bytes, stream: BinaryIO) -> Iterator[Frame | Unread]:
    """Every packet of a file whose first four bytes, `magic`, have been read."""
    order, unit_s = FORMS[magic]
    header = read_exactly(stream, 20)
    if len(header) < 20:
        yield Unread(1, "the file ends in the middle of its header")
        return
    (field,) = Layout(order + "I").unpack_from(header, 16)
    yield from _packets(stream, Layout(order + "IIII"), unit_s, field & _LINK_MASK)


def _packets(stream: BinaryIO, layout: Layout, unit_s: float, link: int) -> Iterator[Frame | Unread]:
    number = 0
    while head := read_exactly(stream, 16):
        number += 1
        if len(head) < 16:
            yield Unread(number, CUT)
            return
        seconds, fraction, captured_bytes, wire_bytes = layout.unpack(head)
        if captured_bytes > MAX_FRAME_BYTES:
            yield Unread(number, f"a packet of {captured_bytes} bytes: the file is damaged from here on")
            return
        data = read_exactly(stream, captured_bytes)
        if len(data) < captured_bytes:
            yield Unread(number, CUT)
            return
        yield Frame(number, seconds + fraction * unit_s, link, data, wire_bytes)
