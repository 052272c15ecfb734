"""Capture files: recognised by their first bytes, read packet by packet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.sources.captures.buffering import Buffer
from why502.sources.captures.frames import Frame, Unread
from why502.sources.captures.kernels.layout import (
    P_AT,
    P_CAPTURED,
    P_LINK,
    P_NS,
    P_NUMBER,
    P_WIRE,
    PACKET_WORDS,
)
from why502.sources.captures.kernels.reasons import sentence
from why502.sources.captures.machine import INTERPRETED
from why502.sources.captures.walking import Walker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO


def frames(stream: BinaryIO) -> Iterator[Frame | Unread]:
    """Every packet of a capture, numbered from 1; a file that is cut or damaged ends with one `Unread`.

    Holds a stretch of the file in memory (`buffering.STRETCH_BYTES`, or one block if that is larger).
    """
    buffer = Buffer(stream)
    walker = Walker(INTERPRETED, buffer)
    for taken in walker.stretches():
        for index in range(taken):
            yield _frame(walker.packets[index * PACKET_WORDS : (index + 1) * PACKET_WORDS], buffer)


def _frame(packet: Sequence[int], buffer: Buffer) -> Frame | Unread:
    number, at, captured, link = packet[P_NUMBER], packet[P_AT], packet[P_CAPTURED], packet[P_LINK]
    if link < 0:
        return Unread(number, sentence(-link, captured, packet[P_WIRE]))
    return Frame(number, packet[P_NS] / 1e9, link, bytes(buffer.content[at : at + captured]), packet[P_WIRE])
