"""Out of a capture only what the second look wants: segments between given ports, and packets that are no TCP.

The engine's own kernels walk and decode, so that a large capture is gone through at their speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from why502.sources.captures.buffering import Buffer
from why502.sources.captures.frames import Frame
from why502.sources.captures.kernels import layout as at
from why502.sources.captures.kernels.fragments import REMEMBERED
from why502.sources.captures.walking import Walker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from why502.sources.captures.kernels.words import Words
    from why502.sources.captures.machine import Machine

MAX_OTHERS: Final = 100_000
"""Packets without TCP that are looked at, in case they are ICMP errors."""


class Picked(Struct, frozen=True, gc=False):
    """A segment between wanted ports (they may be those of another host), with its captured payload."""

    words: Sequence[int]
    payload: bytes


def pick(
    stream: BinaryIO, ports: frozenset[int], machine: Machine, is_over: Callable[[float], bool] = lambda _: False
) -> Iterator[Picked | Frame]:
    """In the order of the capture; `ports` as in `kernels.layout.S_PORTS`. Holds one stretch of the file.

    `is_over` is asked at the beginning of each stretch, with its time, whether anything is still wanted.
    """
    buffer = Buffer(stream)
    walker = Walker(machine, buffer)
    segments = machine.words(machine.room * at.SEGMENT_WORDS)
    fragments, notes = machine.words(REMEMBERED * at.FRAGMENT_WORDS), machine.words(at.META_WORDS)
    others = MAX_OTHERS
    choose = _chosen_by_numpy if machine.is_compiled else _chosen
    for taken in walker.stretches():
        packets, data = walker.packets, machine.octets(buffer.content)
        if taken and is_over(int(packets[at.P_NS]) / 1e9):
            return
        count = machine.take_segments(data, packets, taken, segments, fragments, notes)
        for packet, segment in choose(packets, taken, segments, count, ports):
            begin = int(packets[packet + at.P_AT])
            end = begin + int(packets[packet + at.P_CAPTURED])
            if segment >= 0:
                yield _picked(segments[segment : segment + at.SEGMENT_WORDS], buffer.content, end)
            elif others:
                others -= 1
                yield _frame(packets, packet, bytes(buffer.content[begin:end]))


def _picked(words: Sequence[int], content: bytearray, end: int) -> Picked:
    begin = int(words[at.S_DATA_AT])
    return Picked(list(words), bytes(content[begin : min(end, begin + int(words[at.S_PAYLOAD]))]) if begin else b"")


def _frame(packets: Words, p: int, data: bytes) -> Frame:
    return Frame(
        number=int(packets[p + at.P_NUMBER]),
        at_s=int(packets[p + at.P_NS]) / 1e9,
        link=int(packets[p + at.P_LINK]),
        data=data,
        wire_bytes=int(packets[p + at.P_WIRE]),
    )


Choice = tuple[int, int]
"""Where the words of a packet begin, and those of its segment (-1: it is no TCP)."""


def _chosen(packets: Words, taken: int, segments: Words, count: int, ports: frozenset[int]) -> Iterator[Choice]:
    s, over = 0, count * at.SEGMENT_WORDS
    for p in range(0, taken * at.PACKET_WORDS, at.PACKET_WORDS):
        if s < over and segments[s + at.S_NUMBER] == packets[p + at.P_NUMBER]:
            if segments[s + at.S_PORTS] in ports:
                yield p, s
            s += at.SEGMENT_WORDS
        elif packets[p + at.P_LINK] >= 0:
            yield p, -1


def _chosen_by_numpy(
    packets: Words, taken: int, segments: Words, count: int, ports: frozenset[int]
) -> Iterator[Choice]:
    """The same on arrays: what the kernels use as flat words is a table here."""
    import numpy as np

    rows = np.asarray(packets).reshape(-1, at.PACKET_WORDS)[:taken]
    found = np.asarray(segments).reshape(-1, at.SEGMENT_WORDS)[:count]
    places = np.searchsorted(rows[:, at.P_NUMBER], found[:, at.S_NUMBER])
    segment_of = np.full(taken, -1, np.int64)
    segment_of[places] = np.arange(count) * at.SEGMENT_WORDS
    wanted = np.zeros(taken, np.bool_)
    wanted[places[np.isin(found[:, at.S_PORTS], np.fromiter(ports, np.int64))]] = True
    wanted |= (segment_of < 0) & (rows[:, at.P_LINK] >= 0)
    for index in np.flatnonzero(wanted):
        yield int(index) * at.PACKET_WORDS, int(segment_of[index])
