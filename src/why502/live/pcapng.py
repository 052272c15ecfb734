"""Writes pcapng (draft-ietf-opsawg-pcapng): one section, one interface of link type LINUX_SLL2."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SECTION, INTERFACE, STATISTICS, PACKET = 0x0A0D0D0A, 1, 5, 6
LINUX_SLL2: Final = 276
"""'Cooked' packets of any interface, with its number (www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html)."""
BYTE_ORDER: Final = 0x1A2B3C4D
APPLICATION, TSRESOL, IFDROP, COMMENT = 4, 9, 5, 1
NANOSECONDS: Final = b"\x09"

PACKET_HEAD: Final = struct.Struct("=IIIIIII")
SLL2: Final = struct.Struct("!HHIHBB8s")
"""Protocol, zero, interface, ARP hardware type, packet type, address length, address."""
BLOCK_OVERHEAD: Final = PACKET_HEAD.size + 4 + SLL2.size


def header(application: str, snap_bytes: int, comment: str = "") -> bytes:
    """Section and interface: what every file begins with."""
    options = [(APPLICATION, application.encode())] + ([(COMMENT, comment.encode())] if comment else [])
    section = struct.pack("=IHHq", BYTE_ORDER, 1, 0, -1) + _options(options)
    interface = struct.pack("=HHI", LINUX_SLL2, 0, snap_bytes) + _options([(TSRESOL, NANOSECONDS)])
    return _block(SECTION, section) + _block(INTERFACE, interface)


def packet(at_ns: int, sll2: bytes, data: bytes | memoryview, original_bytes: int) -> bytes:
    """One enhanced packet block."""
    length = len(sll2) + len(data)
    padding = -length % 4
    total = PACKET_HEAD.size + length + padding + 4
    head = PACKET_HEAD.pack(
        PACKET, total, 0, at_ns >> 32, at_ns & 0xFFFFFFFF, length, len(sll2) + max(original_bytes, len(data))
    )
    return b"".join((head, sll2, data, bytes(padding), struct.pack("=I", total)))


def statistics(at_ns: int, dropped: int) -> bytes:
    """How many packets the kernel had to drop, for want of room."""
    body = struct.pack("=III", 0, at_ns >> 32, at_ns & 0xFFFFFFFF)
    return _block(STATISTICS, body + _options([(IFDROP, struct.pack("=Q", dropped))]))


def _block(kind: int, body: bytes) -> bytes:
    total = len(body) + 12
    return struct.pack("=II", kind, total) + body + struct.pack("=I", total)


def _options(options: Iterable[tuple[int, bytes]]) -> bytes:
    packed = b"".join(struct.pack("=HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in options)
    return packed + bytes(4)


def copy_packets(source: BinaryIO, target: BinaryIO, header_bytes: int) -> None:
    """Append the packets of one of our files to another one with the same header."""
    source.seek(header_bytes)
    while chunk := source.read(1 << 20):
        target.write(chunk)
