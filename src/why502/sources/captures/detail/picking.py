"""Out of a capture only what the second look wants: segments of given conversations, and packets that are no TCP.

The engine's own kernels walk and decode, so that a large capture is gone through at their speed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from why502.sources.captures.buffering import Buffer
from why502.sources.captures.frames import Frame
from why502.sources.captures.kernels import layout as at
from why502.sources.captures.kernels.choosing import want
from why502.sources.captures.kernels.fragments import REMEMBERED
from why502.sources.captures.kernels.table import side_of, tag_of
from why502.sources.captures.machine import plain
from why502.sources.captures.reading_ahead import read_ahead
from why502.sources.captures.segmenting import AHEAD
from why502.sources.captures.walking import Walker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from why502.sources.captures.detail.ends import Ends
    from why502.sources.captures.kernels.words import Words
    from why502.sources.captures.machine import Machine

ROOM: Final = 1 << 15
"""Packets at a time for machine code: hardly any are picked, and each turn costs a change of threads."""
MAX_OTHERS: Final = 100_000
"""Packets without TCP that are looked at, in case they are ICMP errors."""


class Picked(Struct, frozen=True, gc=False):
    """A segment, most likely of a wanted conversation (what is compared is a hash), with its captured payload."""

    words: list[int]
    payload: bytes


def pick(
    stream: BinaryIO, wanted: Iterable[Ends], machine: Machine, is_over: Callable[[float], bool] = lambda _: False
) -> Iterator[Picked | Frame]:
    """In the order of the capture. Holds one stretch of the file, and what was picked out of `AHEAD` more.

    `is_over` is asked at the beginning of each stretch, with its time, whether anything is still wanted.
    """
    if machine.is_compiled:
        machine = replace(machine, room=max(machine.room, ROOM))
    stretches = _stretches(stream, _tags(wanted, machine), machine)
    for begin_s, picked in read_ahead(stretches, AHEAD) if machine.is_compiled else stretches:
        if is_over(begin_s):
            return
        yield from picked


def _tags(wanted: Iterable[Ends], machine: Machine) -> Words:
    """The set of the conversations' tags, as `take_wanted` compares them."""
    tags = []
    for ends in wanted:
        segment = [0] * at.SEGMENT_WORDS
        segment[at.S_FROM_HIGH : at.S_PORTS + 1] = ends
        tags.append(tag_of(segment, 0, side_of(segment, 0), 0))
    places = machine.words(1 << (4 * len(tags) + 8).bit_length())
    for tag in tags:
        want(places, tag)
    return places


def _stretches(stream: BinaryIO, wanted: Words, machine: Machine) -> Iterator[tuple[float, list[Picked | Frame]]]:
    buffer = Buffer(stream)
    walker = Walker(machine, buffer)
    segments, chosen = machine.words(machine.room * at.SEGMENT_WORDS), machine.words(2 * machine.room)
    fragments = machine.words(REMEMBERED * at.FRAGMENT_WORDS)
    others = MAX_OTHERS
    for taken in walker.stretches():
        packets, data = walker.packets, machine.octets(buffer.content)
        count = machine.take_wanted(data, packets, taken, segments, fragments, wanted, chosen)
        found = plain(chosen[: 2 * count])
        rows = plain(segments[: sum(s >= 0 for s in found[1::2]) * at.SEGMENT_WORDS])
        picked: list[Picked | Frame] = []
        for p, s in zip(found[::2], found[1::2], strict=True):
            begin = int(packets[p + at.P_AT])
            end = begin + int(packets[p + at.P_CAPTURED])
            if s >= 0:
                picked.append(_picked(rows[s : s + at.SEGMENT_WORDS], buffer.content, end))
            elif others:
                others -= 1
                picked.append(_frame(packets, p, bytes(buffer.content[begin:end])))
        yield int(packets[at.P_NS]) / 1e9, picked


def _picked(words: list[int], content: bytearray, end: int) -> Picked:
    begin = words[at.S_DATA_AT]
    end = min(end, begin + words[at.S_PAYLOAD])
    return Picked(words, bytes(content[begin:end]) if begin else b"")


def _frame(packets: Words, p: int, data: bytes) -> Frame:
    return Frame(
        number=int(packets[p + at.P_NUMBER]),
        at_s=int(packets[p + at.P_NS]) / 1e9,
        link=int(packets[p + at.P_LINK]),
        data=data,
        wire_bytes=int(packets[p + at.P_WIRE]),
    )
