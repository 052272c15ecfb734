"""The newer capture file (draft-ietf-opsawg-pcapng): blocks, several sections and interfaces."""

from __future__ import annotations

from struct import unpack_from
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.sources.captures.frames import CUT, Frame, Unread, read_exactly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAGIC = b"\x0a\x0d\x0d\x0a"
"""Type of a section header block, the same in both byte orders."""

ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
"""The byte-order magic that follows it."""

MAX_BLOCK_BYTES = 16 << 20
MAX_INTERFACES = 1 << 16
LAST_S = 253_402_300_799
"""The end of the year 9999: later times are damage, and no calendar takes them."""

_SECTION, _INTERFACE, _OBSOLETE_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_TSRESOL, _TSOFFSET = 9, 14
_PACKET_BLOCKS = {_OBSOLETE_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET}


class _Block(Struct, frozen=True, gc=False):
    order: str
    kind: int
    body: bytes


class _Interface(Struct, frozen=True, gc=False):
    link: int
    snap_bytes: int
    ticks_per_s: int = 1_000_000
    offset_s: int = 0


def frames(magic: bytes, stream: BinaryIO) -> Iterator[Frame | Unread]:
    """Every packet of a file whose first four bytes, `magic`, have been read.

    A simple packet block carries no time: it gets that of the packet before it.
    """
    interfaces: list[_Interface] = []
    number, at_s = 0, 0.0
    for block in _blocks(magic, stream):
        if isinstance(block, str):
            yield Unread(number + 1, block)
        elif block.kind == _SECTION:
            interfaces = []
        elif block.kind == _INTERFACE and len(interfaces) < MAX_INTERFACES:
            interfaces.append(_interface(block))
        elif block.kind in _PACKET_BLOCKS:
            number += 1
            frame = _frame(block, number, interfaces, at_s)
            at_s = frame.at_s if isinstance(frame, Frame) else at_s
            yield frame


def _blocks(magic: bytes, stream: BinaryIO) -> Iterator[_Block | str]:
    """Block after block, and the reason if the file cannot be read to its end."""
    order = "<"
    start = magic
    while start:
        head = start + read_exactly(stream, 8 - len(start))
        if head.startswith(MAGIC):
            head += read_exactly(stream, 4)
            if head[8:] not in ORDERS:
                yield "a section without byte-order magic: the file is damaged from here on"
                return
            order = ORDERS[head[8:]]
        if len(head) < 8:
            yield CUT
            return
        kind, length = unpack_from(order + "II", head)
        if not len(head) + 4 <= length <= MAX_BLOCK_BYTES:
            yield f"a block of {length} bytes: the file is damaged from here on"
            return
        rest = read_exactly(stream, length - len(head))
        if len(rest) < length - len(head):
            yield CUT
            return
        if rest[-4:] != head[4:8]:
            yield "a block whose two lengths differ: the file is damaged from here on"
            return
        yield _Block(order, kind, head[8:] + rest[:-4])
        start = read_exactly(stream, 8)


def _interface(block: _Block) -> _Interface:
    """An interface description; one that is too short describes a link type that nobody knows."""
    if len(block.body) < 8:
        return _Interface(link=-1, snap_bytes=0)
    link, _, snap_bytes = unpack_from(block.order + "HHI", block.body)
    ticks_per_s, offset_s = 1_000_000, 0
    for code, value in _options(block, 8):
        if code == _TSRESOL and value:
            ticks_per_s = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
        elif code == _TSOFFSET and len(value) == 8:
            (offset_s,) = unpack_from(block.order + "q", value)
    return _Interface(link, snap_bytes, ticks_per_s, offset_s)


def _options(block: _Block, offset: int) -> Iterator[tuple[int, bytes]]:
    while offset + 4 <= len(block.body):
        code, length = unpack_from(block.order + "HH", block.body, offset)
        yield code, block.body[offset + 4 : offset + 4 + length]
        offset += 4 + (length + 3) // 4 * 4


def _frame(block: _Block, number: int, interfaces: list[_Interface], before_s: float) -> Frame | Unread:
    """The packet of a packet block, whatever its kind."""
    order, body = block.order, block.body
    fixed = 4 if block.kind == _SIMPLE_PACKET else 20
    if len(body) < fixed:
        return Unread(number, "a packet block that is too short")
    ticks: int | None = None
    if block.kind == _SIMPLE_PACKET:
        index, (wire_bytes,) = 0, unpack_from(order + "I", body)
        captured_bytes = min(wire_bytes, len(body) - fixed)
    else:
        layout = "IIIII" if block.kind == _ENHANCED_PACKET else "HxxIIII"
        index, high, low, captured_bytes, wire_bytes = unpack_from(order + layout, body)
        ticks = high << 32 | low
    if index >= len(interfaces):
        return Unread(number, f"a packet of interface {index}, which was never described")
    if captured_bytes > len(body) - fixed:
        return Unread(number, f"a packet of {captured_bytes} bytes in a block of {len(body)}")
    interface = interfaces[index]
    at_s = before_s if ticks is None else interface.offset_s + ticks / interface.ticks_per_s
    if not 0 <= at_s <= LAST_S:
        return Unread(number, "a time before 1970 or after 9999")
    if ticks is None and interface.snap_bytes:
        captured_bytes = min(captured_bytes, interface.snap_bytes)
    return Frame(number, at_s, interface.link, body[fixed : fixed + captured_bytes], wire_bytes)
