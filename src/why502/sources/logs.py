"""Readers of log files: one for each log format.

Every line with something in it is counted, as understood or as not understood; lines that are empty (or hold only
blanks or the NUL bytes that a truncating log rotation leaves behind) are not lines of the log and count as neither.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from why502.formats import all_formats
from why502.formats.health_events import logged_s, tell_health
from why502.formats.long_lines import shortened
from why502.model.case import Input, Misread, Window
from why502.model.evidence import Place, Source
from why502.model.traffic import micros
from why502.sources.interface import FIRST_MISREAD, HEAD_BYTES, EvidenceFile, Reader, Reading, TooLargeError, lines

if TYPE_CHECKING:
    from why502.engine.interface import LogStore
    from why502.formats.interface import LogFormat
    from why502.model.case import KernelEvent
    from why502.model.requests import Request

FIT_LINES = 200
"""How many lines decide which format a file has."""

MAX_REQUESTS = 100_000
"""More than this of one file become rows of a table, not single facts."""

NOTHING = "\0 \t"
"""What a line may hold and still be empty."""


def reader(log_format: LogFormat) -> Reader:
    """The reader of one log format."""
    return Reader(
        log_format.kind, partial(_fit, log_format), partial(_read, log_format), partial(_read_large, log_format)
    )


def _fit(log_format: LogFormat, head: bytes) -> float:
    return log_format.fit(first_lines(head))


def first_lines(head: bytes) -> list[str]:
    """The first lines with something in them."""
    *whole, last = head.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    if len(head) < HEAD_BYTES or not whole:
        whole.append(last)  # the file's last line, not one that the head cuts
    stripped = (line.strip("\r\0 \t") for line in whole)
    return [line for line in stripped if line][:FIT_LINES]


def _read(log_format: LogFormat, evidence: EvidenceFile) -> Reading:
    requests: list[Request] = []
    events: list[KernelEvent] = []
    misreads: list[Misread] = []
    understood = not_understood = 0
    for number, text in lines(evidence):
        line = shortened(text.strip(NOTHING))
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
        if read is None:
            near_s = logged_s(requests[-1]) if requests else None
            tell_health(log_format, text, place, near_s, events, evidence.written_s)
        else:
            requests.append(read)
            if len(requests) > MAX_REQUESTS:
                raise TooLargeError
    return Reading(
        Input(
            path=evidence.path,
            kind=log_format.kind,
            source=log_format.source,
            records=understood,
            not_understood=not_understood,
            first_not_understood=tuple(misreads),
            window=_window(requests),
            also=_also(log_format, {Source.ERROR_LOG if r.status is None else Source.ACCESS_LOG for r in requests}),
        ),
        (*requests, *events),
    )


def _also(log_format: LogFormat, kinds: set[Source]) -> tuple[Source, ...]:
    """An access log with failures that have no status holds lines of an error log, and the other way round."""
    return tuple(sorted(kinds - {log_format.source}))


def _read_large(log_format: LogFormat, evidence: EvidenceFile, store: LogStore) -> Reading:
    """The same counts; the requests become rows."""
    from why502.engine.plans import plan_for
    from why502.engine.reading import LogReader, Tally

    with evidence.open() as stream:
        plan = plan_for(log_format, first_lines(stream.read(HEAD_BYTES)))
    tally = Tally(FIRST_MISREAD)
    number = store.register(evidence.path, log_format)
    before, counting, wanted = store.rows_added, store.counting, store.wanted
    log = LogReader(log_format, evidence.path, number, plan, tally, before, counting, wanted, evidence.written_s)
    with evidence.open() as stream:
        for part in log.parts(stream):
            store.add(part.rows, part.counted)
            store.pass_over(part.seen.passed_over)
    told = Input(
        path=evidence.path,
        kind=log_format.kind,
        source=log_format.source,
        records=tally.understood,
        not_understood=tally.not_understood,
        first_not_understood=tuple(tally.first_misreads),
        window=tally.window,
        also=_also(log_format, tally.kinds),
    )
    return Reading(told, tuple(tally.events), in_table=True)


def _window(requests: list[Request]) -> Window | None:
    times = [micros(at_s) for request in requests for at_s in (request.start_s, request.end_s)]
    told = [at_us for at_us in times if at_us is not None]
    return Window(min(told) / 1e6, max(told) / 1e6) if told else None


READERS = tuple(reader(log_format) for log_format in all_formats())
