"""Status lines of plain HTTP/1, of every answer in a capture: what the target itself said.

Most conversations of a large capture are only counted, and an answered one gets no second look; that the target
answered 503 must be known all the same. Only the beginnings of segments that begin as an answer are read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.model.traffic import MAX_EXAMPLES
from why502.model.wire import Answered, StatusLine
from why502.sources.captures.kernels.layout import (
    P_AT,
    P_CAPTURED,
    P_NUMBER,
    PACKET_WORDS,
    S_DATA_AT,
    S_FROM_HIGH,
    S_FROM_LOW,
    S_NS,
    S_NUMBER,
    S_PAYLOAD,
    S_PORTS,
    S_SAID,
    S_SEQ,
    S_TO_HIGH,
    S_TO_LOW,
    SEGMENT_WORDS,
)
from why502.sources.captures.kernels.said import ANSWER, LONG_ANSWER, status_of
from why502.sources.captures.own_pages import page_of
from why502.sources.captures.packets import endpoint_bytes
from why502.sources.captures.telling import endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from why502.model.evidence import Place
    from why502.sources.captures.kernels.words import Words

REMEMBERED: Final = 1 << 15
"""Answers that may come again (`tcpdump -i any`, retransmissions); the same number before them is remembered, too."""
MAX_SERVERS: Final = 4096
"""As many as targets are told (`counting.MAX_TARGETS`)."""
SERVER_ERROR: Final = 500
SWITCHED: Final = 101
"""Of 1xx the only one that is the answer (RFC 9110, section 15.2)."""
_LINE_BYTES: Final = len("HTTP/1.1 200")

Server = tuple[int, int, int]
"""Address (two words), and version and port as `S_PORTS` has them."""


class _Error(NamedTuple):
    """An answer with 5xx."""

    number: int
    at_ns: int
    client: Server
    """The end that it went to."""
    status: int
    page_of: str | None


class StatusLines:
    """Hears the stretches of one capture, or of one ring."""

    def __init__(self, window_ns: tuple[int, int]) -> None:
        """Only what lies in the window counts."""
        self._window_ns = window_ns
        self._statuses: dict[Server, dict[int, int]] = {}
        self._errors: dict[Server, list[_Error]] = defaultdict(list)
        self._latest: set[tuple[int, ...]] = set()
        self._before: set[tuple[int, ...]] = set()

    def hear(self, data: bytearray, packets: Words, taken: int, segments: Words, count: int) -> None:
        """`count` segments that were decoded out of `taken` packets."""
        from_ns, to_ns = self._window_ns
        for beginning in _beginnings(packets, taken, segments, count):
            line = bytes(data[beginning.at : min(beginning.at + _LINE_BYTES, beginning.end)])
            if from_ns <= beginning.at_ns <= to_ns and (status := _status(line)):
                self._count(beginning, status, data)

    def told(self, capture: str, place: Callable[[int], Place]) -> list[Answered]:
        """What was heard since this was last asked for, by server; `place` finds a packet by its running number."""
        found = [
            Answered(
                target=_name(*server),
                statuses=dict(sorted(counts.items())),
                errors=tuple(
                    StatusLine(place(e.number), e.at_ns / 1e9, _name(*e.client), e.status, e.page_of)
                    for e in self._errors[server]
                ),
                capture=capture,
            )
            for server, counts in self._statuses.items()
        ]
        self._statuses, self._errors = {}, defaultdict(list)
        return found

    def _count(self, answer: _Beginning, status: int, data: bytearray) -> None:
        version = answer.ports >> 32 << 32
        server = answer.from_high, answer.from_low, version | answer.ports >> 16 & 0xFFFF
        client = answer.to_high, answer.to_low, version | answer.ports & 0xFFFF
        if self._is_copy((*server, *client, answer.seq)):
            return
        if (counts := self._statuses.get(server)) is None:
            if len(self._statuses) >= MAX_SERVERS:
                return
            counts = self._statuses[server] = {}
        counts[status] = counts.get(status, 0) + 1
        if status >= SERVER_ERROR and len(self._errors[server]) < MAX_EXAMPLES:
            page = page_of(bytes(data[answer.at : answer.end]), whole=answer.end - answer.at == answer.payload)
            self._errors[server].append(_Error(answer.number, answer.at_ns, client, status, page))

    def _is_copy(self, answer: tuple[int, ...]) -> bool:
        """Else it is remembered."""
        if answer in self._latest or answer in self._before:
            return True
        self._latest.add(answer)
        if len(self._latest) >= REMEMBERED:
            self._before, self._latest = self._latest, set()
        return False


class _Beginning(NamedTuple):
    """A segment that begins as an answer."""

    number: int
    at_ns: int
    from_high: int
    from_low: int
    to_high: int
    to_low: int
    ports: int
    seq: int
    at: int
    """Where it begins in the buffer."""
    payload: int
    """As long as it was on the wire."""
    end: int
    """Where what was captured of it ends."""


_TOLD: Final = (S_NUMBER, S_NS, S_FROM_HIGH, S_FROM_LOW, S_TO_HIGH, S_TO_LOW, S_PORTS, S_SEQ, S_DATA_AT)


def _beginnings(packets: Words, taken: int, segments: Words, count: int) -> Iterator[_Beginning]:
    rows = range(0, count * SEGMENT_WORDS, SEGMENT_WORDS)
    if isinstance(segments, list):
        table = [segments[s : s + SEGMENT_WORDS] for s in rows if ANSWER <= segments[s + S_SAID] <= LONG_ANSWER]
        columns = [[row[column] for row in table] for column in (*_TOLD, S_PAYLOAD)]
    else:
        columns = _columns(segments, count)
    ends = []
    for number, at, payload in zip(columns[0], columns[-2], columns[-1], strict=True):
        p = _packet(packets, taken, number) * PACKET_WORDS
        ends.append(min(at + payload, packets[p + P_AT] + packets[p + P_CAPTURED]))
    return map(_Beginning, *columns, map(int, ends))


def _packet(packets: Words, taken: int, number: int) -> int:
    """Its index. Numbers rise; other blocks of a pcapng file may take some of them (`kernels.walk_pcapng`)."""
    index = number - int(packets[P_NUMBER])
    if index < taken and packets[index * PACKET_WORDS + P_NUMBER] == number:
        return index
    return bisect_left(range(taken), number, key=lambda index: packets[index * PACKET_WORDS + P_NUMBER])


def _columns(segments: Words, count: int) -> list[list[int]]:
    """An array finds them by itself."""
    import numpy as np

    table = np.asarray(segments)[: count * SEGMENT_WORDS].reshape(-1, SEGMENT_WORDS)
    said = table[:, S_SAID]
    found = table[(said >= ANSWER) & (said <= LONG_ANSWER)]
    return [found[:, column].tolist() for column in (*_TOLD, S_PAYLOAD)]


@lru_cache(maxsize=1024)
def _status(line: bytes) -> int:
    """Of a line that begins so; 0: it is none, was not captured, or belongs to no final answer."""
    status = status_of(line, 0, len(line))
    return status if 200 <= status < 600 or status == SWITCHED else 0


def _name(high: int, low: int, port: int) -> str:
    return endpoint(endpoint_bytes(port >> 32, high, low, port & 0xFFFF))
