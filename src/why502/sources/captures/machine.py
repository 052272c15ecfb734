"""The kernels and the memory that they work on: plain Python on lists, or machine code on NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from why502.sources.captures.kernels.choosing import take_wanted
from why502.sources.captures.kernels.finding import refill
from why502.sources.captures.kernels.judge import judge
from why502.sources.captures.kernels.resting import finish_all
from why502.sources.captures.kernels.table import release_told
from why502.sources.captures.kernels.take_segments import take_segments
from why502.sources.captures.kernels.tally import retally
from why502.sources.captures.kernels.track import track
from why502.sources.captures.kernels.walk_pcap import walk_pcap
from why502.sources.captures.kernels.walk_pcapng import walk_pcapng
from why502.sources.captures.kernels.words import Octets, Words

LINE_WORDS = 8
"""In a line of the processor's cache."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What runs the kernels. Both kinds do exactly the same; a test compares them."""

    is_compiled: bool
    room: int
    """Packets that are taken at a time."""
    walk_pcap: Callable[..., int]
    walk_pcapng: Callable[..., int]
    take_segments: Callable[..., int]
    track: Callable[..., int | None]
    judge: Callable[..., int]
    finish_all: Callable[..., int | None]
    refill: Callable[..., int | None]
    retally: Callable[..., int | None]
    take_wanted: Callable[..., int]
    release_told: Callable[..., int | None]
    words: Callable[[int], Words]
    """Memory for so many words, all 0."""
    grown: Callable[[Words, int], Words]
    """The same words, in memory for more of them."""
    reserved: Callable[[int], Words]
    """Memory for at most so many words, with any content; it costs nothing until it is touched."""
    octets: Callable[[bytearray], Octets]
    """A view of a buffer that the kernels can read."""


def plain(words: Sequence[int]) -> list[int]:
    """Numbers of Python, whatever the words are made of. One by one, those of an array take ten times as long."""
    return words if isinstance(words, list) else words.tolist()  # type: ignore[attr-defined]


def _longer(words: Words, count: int) -> Words:
    words.extend([0] * (count - len(words)))
    return words


INTERPRETED = Machine(
    is_compiled=False,
    room=1024,
    walk_pcap=walk_pcap,
    walk_pcapng=walk_pcapng,
    take_segments=take_segments,
    track=track,
    judge=judge,
    finish_all=finish_all,
    refill=refill,
    retally=retally,
    take_wanted=take_wanted,
    release_told=release_told,
    words=lambda count: [0] * count,
    grown=_longer,
    reserved=lambda _: [],
    octets=lambda buffer: buffer,
)


def compiled_machine() -> Machine:
    """Machine code on arrays; without Numba, the interpreted kernels."""
    try:
        import numpy as np

        from why502.sources.captures.compiling import compiled

        kernels = compiled()
    except ImportError:
        return INTERPRETED

    def aligned(raw: Any) -> Any:
        """But for less than a line of the cache, so that a line begins with the first word."""
        begin = -raw.ctypes.data // 8 % LINE_WORDS
        return raw[begin : len(raw) - LINE_WORDS + begin]

    def zeros(count: int) -> Any:
        return aligned(np.zeros(count + LINE_WORDS, np.int64))

    def octets(buffer: bytearray) -> Any:
        return np.frombuffer(buffer, np.uint8)

    def grown(words: Any, count: int) -> Any:
        longer = zeros(count)
        longer[: len(words)] = words
        return longer

    def reserved(count: int) -> Any:
        return aligned(np.empty(count + LINE_WORDS, np.int64))

    return Machine(
        is_compiled=True,
        room=1 << 14,  # fewer change threads too often, more leave the cache
        **kernels,
        words=zeros,
        grown=grown,
        reserved=reserved,
        octets=octets,
    )
