"""Rows of the table of requests, from columns and from parsed requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from why502.engine.arrays import binaries, codes, few_binaries, numbers, optional_numbers, texts
from why502.engine.schema import ATTEMPT_OF, SCHEMA
from why502.facts.attempts import hidden_failures
from why502.facts.turned_down import turned_down
from why502.formats.columns import ABSENT_US
from why502.model.traffic import delayed_by_syn, micros

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from why502.engine.cutting import Cut
    from why502.engine.planned import Planned
    from why502.formats.columns import Columns
    from why502.model.requests import Request

Numbers = NDArray[np.int64]


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
    tries = [(first, *hidden_failures(first)) for first in requests]
    whole = [
        (request, attempt, number, _wanted(request, attempt, detail, kept=kept or len(own) > 1))
        for own, number, detail, kept in zip(tries, numbered, details, drawn.tolist(), strict=True)
        for attempt, request in enumerate(own)
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
    told = request.failed or request.status is None or delayed_by_syn(request.connect_s) or turned_down(request)
    return detail if kept or told else None


def planned_rows(planned: Planned, file: int, drawn: NDArray[np.bool_]) -> pa.RecordBatch:
    """Lines that no parser has to see.

    Failed attempts that the client did not see have rows of their own behind that of their request. A plan takes lines
    with such attempts only where the log tells nothing of their times: they lie within those of the request.
    """
    columns, plan, samples, which, times = (
        planned.columns,
        planned.plan,
        planned.samples,
        planned.which,
        planned.times,
    )
    made_of = [(s, *(hidden_failures(s) if s else ())) for s in samples]
    rows = _laid_out(made_of, which)
    flat = [row for rows_of in made_of for row in rows_of]
    status = np.array([-1 if r is None or r.status is None else r.status for r in flat], np.int32)[rows.shape]
    of_interest = planned.failed | planned.retried | planned.delayed | planned.turned_down
    wanted = rows.first(drawn | of_interest, otherwise=True)
    lines = rows.all(planned.index)
    made: dict[str, pa.Array] = {
        "file": numbers(np.full(lines.size, file, np.int32)),
        "line": numbers(lines + (planned.piece.block.lines_before + 1)),
        "start_us": _told(rows.all(times.start_us)),
        "end_us": _told(rows.all(times.end_us)),
        "status": numbers(status, status < 0),
        "side": _by_shape(flat, rows.shape, lambda r: r.side),
        "phase": _by_shape(flat, rows.shape, lambda r: r.phase),
        "manner": _by_shape(flat, rows.shape, lambda r: r.manner),
        "target": _named(columns, plan.target_from, plan.target, rows, attempts=False),
        "target_group": _named(columns, "group", plan.group, rows),
        "connect_us": _told(rows.first(times.connect_us, ABSENT_US)),
        "wait_us": _told(rows.first(times.wait_us, ABSENT_US)),
        "total_us": _told(rows.first(times.total_us, ABSENT_US)),
        "attempt": numbers(rows.attempt),
        "detail": _details(planned.piece, lines, rows.attempt, wanted),
    }
    return pa.RecordBatch.from_arrays([made[name] for name in SCHEMA.names], schema=SCHEMA)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Which rows the lines become: one each, and one for every failed attempt of which the client saw nothing."""

    line: Numbers
    """Of each row."""
    attempt: NDArray[np.int32]
    shape: Numbers
    """Its place among the rows of all shapes."""
    one_each: bool

    def all(self, values: Numbers) -> Numbers:
        """What is the same for a request and its attempts."""
        return values if self.one_each else values[self.line]

    def first(self, values: NDArray[Any], otherwise: int) -> NDArray[Any]:
        """What only the request itself has."""
        return values if self.one_each else np.where(self.attempt == 0, values[self.line], otherwise)


def _laid_out(made_of: Sequence[Sequence[Request | None]], which: Numbers) -> _Rows:
    sizes = np.array([len(rows_of) for rows_of in made_of], np.int64)
    if sizes.max(initial=1) == 1:
        return _Rows(which, np.zeros(which.size, np.int32), which, one_each=True)
    counts = sizes[which]
    lines = np.repeat(np.arange(which.size), counts)
    attempt = np.arange(lines.size) - np.repeat(np.cumsum(counts) - counts, counts)
    places = (np.cumsum(sizes) - sizes)[which[lines]] + attempt
    return _Rows(lines, attempt.astype(np.int32), places, one_each=False)


def _told(values: Numbers) -> pa.Array:
    return numbers(values, values == ABSENT_US)


def _by_shape(flat: Sequence[Request | None], which: Numbers, take: Callable[[Request], str | None]) -> pa.Array:
    return codes([None if r is None else take(r) for r in flat], which)


def _named(
    columns: Columns, column: str, take: Callable[[str], str | None], rows: _Rows, *, attempts: bool = True
) -> pa.Array:
    """A text for each row, found once for each name; none for failed attempts unless they share their request's."""
    if column not in columns.numbers:
        return codes([None], np.zeros(rows.shape.size, np.int64))
    own = np.zeros(len(columns.names) + 1, np.bool_)
    own[columns[column]] = True
    texts_by_code = [take(name) if mine else None for name, mine in zip(columns.names, own[:-1].tolist(), strict=True)]
    which = rows.all(columns[column]) if attempts else rows.first(columns[column], len(columns.names))
    return codes([*texts_by_code, None], which)


def _details(piece: Cut, index: Numbers, attempt: NDArray[np.int32], wanted: NDArray[np.bool_]) -> pa.Array:
    places = np.flatnonzero(wanted)
    lines = zip(piece.raw_lines(index[places]), attempt[places].tolist(), strict=True)
    told = [ATTEMPT_OF % number + line if number else line for line, number in lines]
    return few_binaries(index.size, places, told)
