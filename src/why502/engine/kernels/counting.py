"""Ordinary requests of one block as counts (`facts.counted`), while its columns are still in the processor's cache."""

# Inside the compiled loop NumPy's integers and Python's are the same:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from why502.facts.counted import CONNECTED, ENDED, SERVED, WAITED
from why502.formats.columns import ABSENT_US

if TYPE_CHECKING:
    from why502.formats.columns import Numbers

MICRO: Final = 1_000_000
_PROBES: Final = 8
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
"""2 to the 64 by the golden ratio (Knuth, 6.4)."""


@njit(nogil=True)
def rounded(value: int, steps: Numbers) -> int:
    """Down to a whole multiple of the step for such values: rows of from and step, the largest first.

    Most are smaller than all of them, so that these are looked at from the end.
    """
    row = steps.shape[0]
    while row > 0 and value >= steps[row - 1, 0]:
        row -= 1
    return value if row == steps.shape[0] else value // steps[row, 1] * steps[row, 1]


@njit(nogil=True)
def add(who: int, what: int, value: int, requests: int, places: Numbers, counts: Numbers, used: int) -> int:
    """Counts so many requests more; how many rows of `counts` (who, what, value, requests) are used then.

    `places` has the row of a count, or -1. Where others took all the places that are looked at, the count gets one row
    more: they are added up later, so that forged values cannot make the search long.
    """
    mixed = (np.uint64(value) * _ODD) ^ np.uint64(who * 4 + what)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * _ODD
    mask = places.size - 1
    place = np.int64(mixed >> np.uint64(40)) & mask
    for _ in range(_PROBES):
        row = places[place]
        if row < 0:
            places[place] = used
            break
        if counts[row, 2] == value and counts[row, 0] == who and counts[row, 1] == what:
            counts[row, 3] += requests
            return used
        place = (place + 1) & mask
    counts[used, 0], counts[used, 1], counts[used, 2], counts[used, 3] = who, what, value, requests
    return used + 1


@njit(nogil=True)
def count(
    rows: Numbers,
    who: Numbers,
    nobody: int,
    end_us: Numbers,
    connect_us: Numbers,
    wait_us: Numbers,
    steps: Numbers,
    served: Numbers,
    places: Numbers,
    counts: Numbers,
) -> int:
    """Fills `counts` (room for four of each request) with what these rows of the columns tell; how many it holds.

    `nobody` is the code of no target; `served` has a zero for each code, `places` a power of two of -1.
    """
    used = ended = 0
    from_us = ABSENT_US  # where the second begins in which the last `ended` rows ended: it mostly is that of the next
    for index in range(rows.size):
        row = rows[index]
        served[who[row]] += 1
        at_us = end_us[row]
        if at_us != ABSENT_US:
            if not (ended > 0 and from_us <= at_us < from_us + MICRO):
                if ended > 0:
                    used = add(nobody, ENDED, from_us // MICRO, ended, places, counts, used)
                from_us, ended = at_us // MICRO * MICRO, 0
            ended += 1
        if connect_us[row] != ABSENT_US:
            used = add(who[row], CONNECTED, rounded(connect_us[row], steps), 1, places, counts, used)
        if wait_us[row] != ABSENT_US:
            used = add(who[row], WAITED, rounded(wait_us[row], steps), 1, places, counts, used)
    if ended > 0:
        used = add(nobody, ENDED, from_us // MICRO, ended, places, counts, used)
    for code in range(served.size):
        if served[code] > 0:
            used = add(code, SERVED, 0, served[code], places, counts, used)
    return used


@njit(nogil=True)
def join_runs(
    rows: Numbers, who: Numbers, start_us: Numbers, end_us: Numbers, gap_us: int, latest: Numbers, runs: Numbers
) -> int:
    """Fills `runs` (who, first, last and busy in microseconds, requests) with what these rows tell; how many it holds.

    `latest` has the run of each target that began last, or -1. A request belongs to it if it began within it or at most
    the gap before or behind it: as no two neighbours in a run are further apart, the same holds then. Any other request
    begins a run of its own. In which order the rows come decides how many runs there are, never what bursts they make.
    """
    used = 0
    for index in range(rows.size):
        row = rows[index]
        at_us = start_us[row]
        if at_us == ABSENT_US:
            continue
        until_us = end_us[row] if end_us[row] != ABSENT_US else at_us
        run = latest[who[row]]
        if run >= 0 and runs[run, 1] - gap_us <= at_us <= runs[run, 2] + gap_us:
            runs[run, 1], runs[run, 2] = min(runs[run, 1], at_us), max(runs[run, 2], at_us)
            runs[run, 3] = max(runs[run, 3], until_us)
            runs[run, 4] += 1
            continue
        runs[used, 0], runs[used, 1], runs[used, 2], runs[used, 3], runs[used, 4] = who[row], at_us, at_us, until_us, 1
        if run < 0 or at_us > runs[run, 2]:
            latest[who[row]] = used
        used += 1
    return used
