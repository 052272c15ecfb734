"""Status lines of plain HTTP/1, of every answer in a capture: what the target itself said.

Most conversations of a large capture are only counted, and an answered one gets no second look; that the target
answered 503 must be known all the same. Only the beginnings of segments that begin as an answer are read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

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
from why502.sources.captures.packets import endpoint_bytes
from why502.sources.captures.telling import endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
Error = tuple[int, int, tuple[int, int, int], int]
"""Number of the packet, its time in ns, the end that it went to, and the status."""


class StatusLines:
    """Hears the stretches of one capture, or of one ring."""

    def __init__(self, window_ns: tuple[int, int]) -> None:
        """Only what lies in the window counts."""
        self._window_ns = window_ns
        self._statuses: dict[Server, Counter[int]] = {}
        self._errors: dict[Server, list[Error]] = defaultdict(list)
        self._latest: set[tuple[int, ...]] = set()
        self._before: set[tuple[int, ...]] = set()

    def hear(self, data: bytearray, packets: Words, segments: Words, count: int) -> None:
        """The segments that were taken out of these packets."""
        for segment in _beginnings(segments, count):
            at = segment[S_DATA_AT]
            status = status_of(data, at, min(at + segment[S_PAYLOAD], _captured_end(packets, segment[S_NUMBER])))
            if 200 <= status < 600 or status == SWITCHED:
                self._count(segment, status)

    def told(self, capture: str, place: Callable[[int], Place]) -> list[Answered]:
        """What was heard since this was last asked for, by server; `place` finds a packet by its running number."""
        found = [
            Answered(
                target=_name(*server),
                statuses=dict(sorted(counts.items())),
                errors=tuple(
                    StatusLine(place(number), at_ns / 1e9, _name(*client), status)
                    for number, at_ns, client, status in self._errors[server]
                ),
                capture=capture,
            )
            for server, counts in self._statuses.items()
        ]
        self._statuses, self._errors = {}, defaultdict(list)
        return found

    def _count(self, segment: Sequence[int], status: int) -> None:
        ports, at_ns = segment[S_PORTS], segment[S_NS]
        version = ports >> 32 << 32
        server = segment[S_FROM_HIGH], segment[S_FROM_LOW], version | ports >> 16 & 0xFFFF
        client = segment[S_TO_HIGH], segment[S_TO_LOW], version | ports & 0xFFFF
        if not self._window_ns[0] <= at_ns <= self._window_ns[1] or self._is_copy((*server, *client, segment[S_SEQ])):
            return
        if server not in self._statuses and len(self._statuses) >= MAX_SERVERS:
            return
        self._statuses.setdefault(server, Counter())[status] += 1
        if status >= SERVER_ERROR and len(self._errors[server]) < MAX_EXAMPLES:
            self._errors[server].append((segment[S_NUMBER], at_ns, client, status))

    def _is_copy(self, answer: tuple[int, ...]) -> bool:
        """Else it is remembered."""
        if answer in self._latest or answer in self._before:
            return True
        self._latest.add(answer)
        if len(self._latest) >= REMEMBERED:
            self._before, self._latest = self._latest, set()
        return False


def _beginnings(segments: Words, count: int) -> list[list[int]]:
    """Those that begin as an answer. An array finds them by itself."""
    if isinstance(segments, list):
        starts = range(0, count * SEGMENT_WORDS, SEGMENT_WORDS)
        return [segments[s : s + SEGMENT_WORDS] for s in starts if ANSWER <= segments[s + S_SAID] <= LONG_ANSWER]
    import numpy as np

    table = np.asarray(segments)[: count * SEGMENT_WORDS].reshape(-1, SEGMENT_WORDS)
    said = table[:, S_SAID]
    if not said.any():
        return []
    found: list[list[int]] = table[(said >= ANSWER) & (said <= LONG_ANSWER)].tolist()
    return found


def _captured_end(packets: Words, number: int) -> int:
    """Where the bytes of packet `number` end. The packets of a stretch are numbered one after the other."""
    p = (number - int(packets[P_NUMBER])) * PACKET_WORDS
    return int(packets[p + P_AT]) + int(packets[p + P_CAPTURED])


def _name(high: int, low: int, port: int) -> str:
    return endpoint(endpoint_bytes(port >> 32, high, low, port & 0xFFFF))
