"""Ordinary lines of a block as counts (`facts.counted`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from why502.engine.arrays import codes, numbers
from why502.engine.compiling import COUNT, JOIN_RUNS, compiled
from why502.engine.drawing import Drawn
from why502.engine.schema import COUNTS, RUNS
from why502.facts.counted import NO_TARGET
from why502.facts.quantiles import COARSE_STEPS_US
from why502.facts.silences import BURST_GAP_US

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from why502.engine.planned import Planned
    from why502.formats.columns import Numbers

PLACES: Final = 1 << 14
"""Where the compiled loop looks counts up; small enough for the processor's cache."""

_STEPS: Final = np.array(COARSE_STEPS_US, np.int64)


@dataclass(frozen=True, slots=True)
class Counted:
    """Requests that are told by the tables of `facts.counted` alone."""

    requests: int
    counts: pa.RecordBatch
    runs: pa.RecordBatch
    drawn: Sequence[Drawn]
    """Some of them, for a sample."""


def counted(lines: Planned, rows: Numbers, drawn: Sequence[Drawn]) -> Counted:
    """These rows of the lines, of which those were drawn for a sample."""
    who, names = targets(lines)
    times = lines.times
    found = np.empty((4 * rows.size, 4), np.int64)
    places = np.full(PLACES, -1, np.int64)
    served = np.zeros(len(names), np.int64)
    count = compiled(COUNT)(
        rows, who, len(names) - 1, times.end_us, times.connect_us, times.wait_us, _STEPS, served, places, found
    )
    runs, latest = np.empty((rows.size, 5), np.int64), np.full(len(names), -1, np.int64)
    run = compiled(JOIN_RUNS)(rows, who, times.start_us, times.end_us, BURST_GAP_US, latest, runs)
    return Counted(rows.size, _batch(found[:count], names, COUNTS), _batch(runs[:run], names, RUNS), drawn)


def targets(lines: Planned) -> tuple[Numbers, list[str]]:
    """The code of each line's target, and code -> its name; the last one stands for no target."""
    if lines.plan.target_from not in lines.columns.numbers:
        return np.zeros(lines.index.size, np.int64), [NO_TARGET]
    who = lines.columns[lines.plan.target_from]
    own = np.zeros(len(lines.columns.names), np.bool_)
    own[who] = True
    named = zip(lines.columns.names, own.tolist(), strict=True)
    return who, [*(lines.plan.target(name) or NO_TARGET if mine else NO_TARGET for name, mine in named), NO_TARGET]


def _batch(rows: NDArray[np.int64], names: list[str], schema: pa.Schema) -> pa.RecordBatch:
    """The first column is the code of a name."""
    who, *rest = rows.T
    return pa.RecordBatch.from_arrays([codes(names, who), *map(numbers, rest)], schema=schema)
