"""Captures: what tcpdump and Wireshark write becomes conversations with their outcome.

Four steps, each behind a narrow interface: `containers` takes frames out of the file, `packets` decodes a frame to
a TCP segment, `conversations` keeps the table of what belongs together, `outcomes` asks what became of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.case import Input, Misread, Window
from why502.model.evidence import Place, Source
from why502.sources.captures.containers import fit, frames
from why502.sources.captures.conversations import Conversations, Tracked
from why502.sources.captures.frames import Unread
from why502.sources.captures.packets import decode
from why502.sources.captures.telling import tell
from why502.sources.interface import FIRST_MISREAD, EvidenceFile, Reader, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from why502.model.conversations import Conversation
    from why502.sources.captures.frames import Frame

KIND = "capture"


class _Reading:
    """One pass over a capture."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._table = Conversations()
        self._conversations: list[Conversation] = []
        self._understood = 0
        self._not_understood = 0
        self._misreads: list[Misread] = []
        self._from_s: float | None = None
        self._to_s = 0.0

    def take(self, frame: Frame | Unread) -> None:
        if isinstance(frame, Unread):
            self._misread(frame.number, frame.why)
            return
        self._to_s = frame.at_s if self._from_s is None else max(self._to_s, frame.at_s)
        self._from_s = frame.at_s if self._from_s is None else min(self._from_s, frame.at_s)
        segment = decode(frame)
        if isinstance(segment, str):
            self._misread(frame.number, segment)
            return
        self._understood += 1
        if segment is not None:
            self._tell(self._table.add(segment))

    def result(self) -> Reading:
        self._tell(self._table.rest())
        self._conversations.sort(key=lambda conversation: conversation.at.number or 0)
        return Reading(
            Input(
                path=self._path,
                kind=KIND,
                source=Source.CAPTURE,
                records=self._understood,
                not_understood=self._not_understood,
                first_not_understood=tuple(self._misreads),
                window=None if self._from_s is None else Window(self._from_s, self._to_s),
            ),
            tuple(self._conversations),
        )

    def _tell(self, finished: Iterable[Tracked]) -> None:
        self._conversations.extend(tell(tracked, self._path, self._to_s) for tracked in finished)

    def _misread(self, number: int, why: str) -> None:
        self._not_understood += 1
        if len(self._misreads) < FIRST_MISREAD:
            self._misreads.append(Misread(Place(self._path, number, mark="#"), why))


def read_capture(evidence: EvidenceFile) -> Reading:
    """Every TCP conversation of a capture, in the order of their first packets.

    `Input.records` counts the packets that were understood (TCP, or recognised as something else). Memory grows
    with the open conversations, and with the finished ones that are returned.
    """
    reading = _Reading(evidence.path)
    with evidence.open() as stream:
        for frame in frames(stream):
            reading.take(frame)
    return reading.result()


READER = Reader(kind=KIND, fit=fit, read=read_capture)
