"""The conversations between two given ends, whatever became of them: of a large capture the first look only counts
most of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.evidence import Place
from why502.sources.captures.buffering import Buffer
from why502.sources.captures.following import machine_for
from why502.sources.captures.kernels.layout import (
    M_LAST_SEEN_NS,
    S_FROM_HIGH,
    S_NUMBER,
    S_PORTS,
    S_TAG,
    S_TO_HIGH,
    SEGMENT_WORDS,
)
from why502.sources.captures.machine import INTERPRETED, plain
from why502.sources.captures.packets import endpoint_bytes
from why502.sources.captures.segmenting import Segmenter
from why502.sources.captures.telling import endpoint, tell
from why502.sources.captures.tracking import Tracker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from why502.model.conversations import Conversation
    from why502.sources.captures.kernels.words import Words
    from why502.sources.captures.machine import Machine
    from why502.sources.interface import EvidenceFile


def segment_at(evidence: EvidenceFile, number: int) -> list[int] | None:
    """The segment that packet `number` (frame.number) carries, as words; None: no such packet, or it carries none."""
    machine = machine_for([evidence])
    with evidence.open() as stream:
        for words in _segments(stream, machine, number):
            if words[S_NUMBER] == number:
                return words
    return None


def between(evidence: EvidenceFile, segment: Sequence[int]) -> list[Conversation]:
    """All conversations of this file between the ends of one segment, in the order of their first packets.

    Goes through the whole file, at the speed of the first look, and keeps hardly any other conversation (those of the
    same hash).
    """
    tracker, found = Tracker(INTERPRETED), []

    def place(number: int) -> Place:
        return Place(evidence.path, number, mark="#")

    with evidence.open() as stream:
        segmenter = Segmenter(machine_for([evidence]), Buffer(stream))
        for segments, count in segmenter.stretches():
            own = list(_with_tag(segments, count, segment[S_TAG]))
            tracker.feed([word for words in own for word in words], len(own))
            found += [tell(tracker, row, place) for row in tracker.told()]
        tracker.finish(int(segmenter.notes[M_LAST_SEEN_NS]))
    found += [tell(tracker, row, place) for row in tracker.told()]
    ends = {endpoint_of(segment, S_FROM_HIGH), endpoint_of(segment, S_TO_HIGH)}
    return sorted((c for c in found if {c.opener, c.target} == ends), key=lambda c: c.at.number or 0)


def endpoint_of(segment: Sequence[int], high: int) -> str:
    """Address and port of a segment's sender or receiver; `high`: where that one's address begins."""
    version, ports = segment[S_PORTS] >> 32, segment[S_PORTS]
    port = ports >> 16 if high == S_FROM_HIGH else ports
    return endpoint(endpoint_bytes(version, segment[high], segment[high + 1], port & 0xFFFF))


def _segments(stream: BinaryIO, machine: Machine, number: int) -> Iterator[list[int]]:
    """Those of the stretch that holds packet `number`."""
    for segments, count in Segmenter(machine, Buffer(stream)).stretches():
        if count and segments[(count - 1) * SEGMENT_WORDS + S_NUMBER] >= number:
            yield from (plain(segments[s : s + SEGMENT_WORDS]) for s in range(0, count * SEGMENT_WORDS, SEGMENT_WORDS))
            return


def _with_tag(segments: Words, count: int, tag: int) -> Iterator[list[int]]:
    """Those that can belong to the conversations of this hash; an array finds them by itself."""
    if isinstance(segments, list):
        rows = (segments[s : s + SEGMENT_WORDS] for s in range(0, count * SEGMENT_WORDS, SEGMENT_WORDS))
        return (row for row in rows if row[S_TAG] == tag)
    import numpy as np

    table = np.asarray(segments)[: count * SEGMENT_WORDS].reshape(-1, SEGMENT_WORDS)
    found: list[list[int]] = table[table[:, S_TAG] == tag].tolist()
    return iter(found)
