"""From packets to segments, many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.sources.captures.kernels.decode import decode
from why502.sources.captures.kernels.layout import (
    M_FROM_NS,
    M_LAST_NUMBER,
    M_LAST_SEEN_NS,
    M_MISREAD,
    M_MISREADS,
    M_NOT_UNDERSTOOD,
    M_SEED,
    M_SEGMENTS,
    M_TO_NS,
    M_UNDERSTOOD,
    MISREAD_WORDS,
    P_AT,
    P_CAPTURED,
    P_LINK,
    P_NS,
    P_NUMBER,
    P_WIRE,
    PACKET_WORDS,
    S_CONTINUES,
    S_DATA_AT,
    S_HASH,
    S_NS,
    S_NUMBER,
    S_PAYLOAD,
    S_SAID,
    S_SIDE,
    S_TAG,
    S_TAIL,
    S_TOTAL,
    S_WIRE,
    SEGMENT_WORDS,
)
from why502.sources.captures.kernels.reasons import OTHER, SEGMENT
from why502.sources.captures.kernels.recent import hashed
from why502.sources.captures.kernels.said import ANSWER, LONG_ANSWER, NOTHING, answer, tail, what
from why502.sources.captures.kernels.table import side_of, tag_of

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Octets, Words

MAX_MISREADS = 3


def take_segments(data: Octets, packets: Words, count: int, segments: Words, fragments: Words, notes: Words) -> int:
    """Decode `count` packets; answers how many segments there are. `notes` keeps count of the others."""
    taken = understood = 0
    from_ns, to_ns, now_ns = notes[M_FROM_NS], notes[M_TO_NS], notes[M_LAST_SEEN_NS]
    for index in range(count):
        p, s = index * PACKET_WORDS, taken * SEGMENT_WORDS
        link = packets[p + P_LINK]
        if link < 0:
            misread(notes, packets[p + P_NUMBER], -link, packets[p + P_CAPTURED], packets[p + P_WIRE])
            continue
        now_ns = packets[p + P_NS]
        from_ns = min(from_ns, now_ns) if from_ns >= 0 else now_ns
        to_ns = max(to_ns, now_ns)
        begin, wire = packets[p + P_AT], packets[p + P_WIRE]
        kind = decode(data, begin, begin + packets[p + P_CAPTURED], wire, link, segments, s, fragments)
        if kind > OTHER:
            misread(notes, packets[p + P_NUMBER], kind, segments[s], 0)
            continue
        understood += 1
        if kind == SEGMENT:
            segments[s + S_NUMBER], segments[s + S_NS], segments[s + S_WIRE] = packets[p + P_NUMBER], now_ns, wire
            side = side_of(segments, s)
            segments[s + S_SIDE], segments[s + S_TAG] = side, tag_of(segments, s, side, notes[M_SEED])
            segments[s + S_HASH] = hashed(segments, s)
            said = NOTHING
            if segments[s + S_PAYLOAD] and not segments[s + S_CONTINUES]:
                said = read_payload(data, begin + packets[p + P_CAPTURED], segments, s)
            segments[s + S_SAID] = said
            taken += 1
    notes[M_UNDERSTOOD] += understood
    notes[M_SEGMENTS] += taken
    notes[M_FROM_NS], notes[M_TO_NS], notes[M_LAST_SEEN_NS] = from_ns, to_ns, now_ns
    if count:
        notes[M_LAST_NUMBER] = packets[(count - 1) * PACKET_WORDS + P_NUMBER]
    return taken


def read_payload(data: Octets, captured_end: int, segments: Words, s: int) -> int:
    """What a segment says, as far as its payload was captured; its other words on that are put down."""
    at, payload = segments[s + S_DATA_AT], segments[s + S_PAYLOAD]
    if at >= captured_end:
        return NOTHING
    end = min(captured_end, at + payload)
    said, total = what(data, at, end), 0
    if said == ANSWER:
        said, total = answer(data, at, end)
        if said == LONG_ANSWER and end < at + payload:
            said = ANSWER  # it may end where nothing was captured
    segments[s + S_TOTAL], segments[s + S_TAIL] = total, tail(data, at, payload, captured_end)
    return said


def misread(notes: Words, number: int, reason: int, first: int, second: int) -> None:
    notes[M_NOT_UNDERSTOOD] += 1
    if notes[M_MISREADS] < MAX_MISREADS:
        m = M_MISREAD + notes[M_MISREADS] * MISREAD_WORDS
        notes[m], notes[m + 1], notes[m + 2], notes[m + 3] = number, reason, first, second
        notes[M_MISREADS] += 1
