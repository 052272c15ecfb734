"""Rows of the table of requests, from columns and from parsed requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from why502.engine.arrays import binaries, codes, few_binaries, numbers, optional_numbers, texts
from why502.engine.schema import ATTEMPT_OF, SCHEMA
from why502.facts.attempts import hidden_failures
from why502.formats.columns import ABSENT_US
from why502.model.traffic import delayed_by_syn, micros

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from why502.engine.cutting import Cut
    from why502.engine.planned import Planned
    from why502.formats.columns import Columns, Numbers
    from why502.model.requests import Request


def parsed_rows(
    requests: Sequence[Request],
    file: int,
    details: Sequence[bytes],
    drawn: NDArray[np.bool_] | None = None,
    lines: Sequence[int | None] | None = None,
) -> pa.RecordBatch:
    """Requests that a parser read, each with its failed attempts that the client did not see.

    `details` are their lines, kept where somebody may want to see them; `drawn`: those that are kept for a sample;
    `lines`: their numbers, if these are not told by the requests.
    """
    drawn = np.zeros(len(requests), np.bool_) if drawn is None else drawn
    numbered = [r.at.number for r in requests] if lines is None else lines
    whole = [
        (request, attempt, number, _wanted(request, attempt, detail, kept=kept))
        for first, number, detail, kept in zip(requests, numbered, details, drawn.tolist(), strict=True)
        for attempt, request in enumerate((first, *hidden_failures(first)))
    ]
    told = [request for request, *_ in whole]
    made = {
        "file": numbers(np.full(len(told), file, np.int32)),
        "line": optional_numbers([number for _, _, number, _ in whole]),
        "start_us": optional_numbers([micros(r.start_s) for r in told]),
        "end_us": optional_numbers([micros(r.end_s) for r in told]),
        "status": optional_numbers([r.status for r in told], pa.int32()),
        "side": texts([r.side for r in told]),
        "phase": texts([r.phase for r in told]),
        "manner": texts([r.manner for r in told]),
        "target": texts([r.target for r in told]),
        "target_group": texts([r.group for r in told]),
        "connect_us": optional_numbers([micros(r.connect_s) for r in told]),
        "wait_us": optional_numbers([micros(r.wait_s) for r in told]),
        "total_us": optional_numbers([micros(r.total_s) for r in told]),
        "attempt": numbers(np.fromiter((attempt for _, attempt, _, _ in whole), np.int32, len(told))),
        "detail": binaries([detail for *_, detail in whole], pa.binary()),
    }
    return pa.RecordBatch.from_arrays([made[name] for name in SCHEMA.names], schema=SCHEMA)


def _wanted(request: Request, attempt: int, detail: bytes, *, kept: bool) -> bytes | None:
    """The line, if somebody may want to see it."""
    if attempt:
        return ATTEMPT_OF % attempt + detail
    return detail if kept or request.failed or request.status is None or delayed_by_syn(request.connect_s) else None


def planned_rows(lines: Planned, file: int, lines_before: int, drawn: NDArray[np.bool_]) -> pa.RecordBatch:
    """Lines that no parser has to see; `lines_before` stand in front of their block."""
    columns, samples, which, times = lines.columns, lines.samples, lines.which, lines.times
    status = np.array([-1 if s is None or s.status is None else s.status for s in samples], np.int32)[which]
    made: dict[str, pa.Array] = {
        "file": numbers(np.full(which.size, file, np.int32)),
        "line": numbers(lines.index + (lines_before + 1)),
        "start_us": _told(times.start_us),
        "end_us": _told(times.end_us),
        "status": numbers(status, status < 0),
        "side": _by_shape(samples, which, lambda s: s.side),
        "phase": _by_shape(samples, which, lambda s: s.phase),
        "manner": _by_shape(samples, which, lambda s: s.manner),
        "target": _named(columns, "target", lines.plan.target),
        "target_group": _named(columns, "group", lines.plan.group),
        "connect_us": _told(times.connect_us),
        "wait_us": _told(times.wait_us),
        "total_us": _told(times.total_us),
        "attempt": numbers(np.zeros(which.size, np.int32)),  # plans take lines of one attempt only
        "detail": _details(lines.piece, lines.index, drawn | lines.failed | lines.delayed),
    }
    return pa.RecordBatch.from_arrays([made[name] for name in SCHEMA.names], schema=SCHEMA)


def _told(values: Numbers) -> pa.Array:
    return numbers(values, values == ABSENT_US)


def _by_shape(samples: Sequence[Request | None], which: Numbers, take: Callable[[Request], str | None]) -> pa.Array:
    return codes([None if s is None else take(s) for s in samples], which)


def _named(columns: Columns, column: str, take: Callable[[str], str | None]) -> pa.Array:
    """A text for each line, found once for each name."""
    if column not in columns.numbers:
        return codes([None], np.zeros(next(iter(columns.numbers.values())).size, np.int64))
    own = np.zeros(len(columns.names), np.bool_)
    own[columns[column]] = True
    texts_by_code = [take(name) if mine else None for name, mine in zip(columns.names, own.tolist(), strict=True)]
    return codes(texts_by_code, columns[column])


def _details(piece: Cut, index: Numbers, wanted: NDArray[np.bool_]) -> pa.Array:
    places = np.flatnonzero(wanted)
    return few_binaries(index.size, places, [piece.raw_line(row) for row in index[places].tolist()])
