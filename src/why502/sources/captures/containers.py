"""Capture files: recognised by their first bytes, read packet by packet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.sources.captures import pcap, pcapng
from why502.sources.captures.frames import Frame, Unread, read_exactly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


def fit(head: bytes) -> float:
    """1 for the first bytes of a capture, 0 for anything else; 0.5 if only its four magic bytes are there."""
    magic = head[:4]
    if magic in pcap.FORMS:
        return 1.0 if len(head) >= 24 else 0.5
    if magic == pcapng.MAGIC and (head[8:12] in pcapng.ORDERS or len(head) < 12):
        return 1.0 if len(head) >= 12 else 0.5
    return 0.0


def frames(stream: BinaryIO) -> Iterator[Frame | Unread]:
    """Every packet of a capture, numbered from 1; a file that is cut or damaged ends with one `Unread`.

    Holds one packet (`MAX_FRAME_BYTES`) or one block (`pcapng.MAX_BLOCK_BYTES`) in memory.
    """
    magic = read_exactly(stream, 4)
    if magic in pcap.FORMS:
        yield from pcap.frames(magic, stream)
    elif magic == pcapng.MAGIC:
        yield from pcapng.frames(magic, stream)
    else:
        yield Unread(1, "neither pcap nor pcapng")
