"""Readers of log files: one for each log format.

Every line with something in it is counted, as understood or as not understood; lines that are empty (or hold only
blanks or the NUL bytes that a truncating log rotation leaves behind) are not lines of the log and count as neither.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from why502.formats import all_formats
from why502.model.case import Input, Misread, Window
from why502.model.evidence import Place
from why502.sources.interface import FIRST_MISREAD, HEAD_BYTES, EvidenceFile, Reader, Reading, lines

if TYPE_CHECKING:
    from why502.formats.interface import LogFormat
    from why502.model.requests import Request

FIT_LINES = 200
"""How many lines decide which format a file has."""

NOTHING = "\0 \t"
"""What a line may hold and still be empty."""


def reader(log_format: LogFormat) -> Reader:
    """The reader of one log format."""
    return Reader(log_format.kind, partial(_fit, log_format), partial(_read, log_format))


def _fit(log_format: LogFormat, head: bytes) -> float:
    *whole, last = head.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    if len(head) < HEAD_BYTES or not whole:
        whole.append(last)  # the file's last line, not one that the head cuts
    stripped = (line.strip("\r\0 \t") for line in whole)
    return log_format.fit([line for line in stripped if line][:FIT_LINES])


def _read(log_format: LogFormat, evidence: EvidenceFile) -> Reading:
    requests: list[Request] = []
    misreads: list[Misread] = []
    understood = not_understood = 0
    for number, text in lines(evidence):
        line = text.strip(NOTHING)
        if not line:
            continue
        place = Place(evidence.path, number)
        read = log_format.parse(line, place)
        if isinstance(read, str):
            not_understood += 1
            if len(misreads) < FIRST_MISREAD:
                misreads.append(Misread(place, read))
            continue
        understood += 1
        if read is not None:
            requests.append(read)
    return Reading(
        Input(
            path=evidence.path,
            kind=log_format.kind,
            source=log_format.source,
            records=understood,
            not_understood=not_understood,
            first_not_understood=tuple(misreads),
            window=_window(requests),
        ),
        tuple(requests),
    )


def _window(requests: list[Request]) -> Window | None:
    times = [at_s for request in requests for at_s in (request.start_s, request.end_s) if at_s is not None]
    return Window(min(times), max(times)) if times else None


READERS = tuple(reader(log_format) for log_format in all_formats())
