from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.engine.compiling import COUNT, JOIN_RUNS, compiled
from why502.engine.kernels.counting import add, rounded
from why502.facts.counted import CONNECTED, ENDED, SERVED, WAITED
from why502.facts.quantiles import COARSE_STEPS_US, coarse
from why502.formats.columns import ABSENT_US

STEPS = np.array(COARSE_STEPS_US, np.int64)


def of(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


@pytest.mark.parametrize("value", [0, 1, 999, 9_999, 10_000, 10_009, 12_345, 1_234_567, 10**12 + 10**9 - 1, 2**50])
def test_rounded_is_coarse(value: int) -> None:
    """As the same duration of a request in memory."""
    assert rounded(value, STEPS) == coarse(value)


def test_add_counts_each_value_apart() -> None:
    """By whom, what and value; the first of each takes a row."""
    places, counts = np.full(64, -1, np.int64), np.empty((8, 4), np.int64)
    used = 0
    for key in ((0, 1, 7), (0, 1, 7), (1, 1, 7), (0, 2, 7), (0, 1, 8), (0, 1, 7)):
        used = add(*key, 1, places, counts, used)
    assert counts[:used].tolist() == [[0, 1, 7, 3], [1, 1, 7, 1], [0, 2, 7, 1], [0, 1, 8, 1]]


def test_add_searches_a_while_and_loses_nothing() -> None:
    """With fewer places than values, some have several rows; their sums are right."""
    places, counts = np.full(4, -1, np.int64), np.empty((300, 4), np.int64)
    used = 0
    for number in range(300):
        used = add(0, 1, number % 30, 1, places, counts, used)
    told: Counter[int] = Counter()
    for _, _, value, requests in counts[:used].tolist():
        told[value] += requests
    assert told == dict.fromkeys(range(30), 10)
    assert 30 < used <= 300


def test_count_tells_of_each_row_what_there_is() -> None:
    """Absent times count for nothing; rows that were not asked for neither."""
    absent = ABSENT_US
    found = np.empty((16, 4), np.int64)
    used = compiled(COUNT)(
        of([0, 1, 3]),
        of([5, 5, 9, 6]),
        11,
        of([1_999_999, 1_000_000, 0, absent]),
        of([1_034, absent, 0, 12_345]),
        of([absent, 20_004, 0, absent]),
        STEPS,
        np.zeros(12, np.int64),
        np.full(64, -1, np.int64),
        found,
    )
    assert sorted(found[:used].tolist()) == sorted(
        [
            [5, SERVED, 0, 2],
            [6, SERVED, 0, 1],
            [11, ENDED, 1, 2],
            [5, CONNECTED, 1_034, 1],
            [6, CONNECTED, 12_340, 1],
            [5, WAITED, 20_000, 1],
        ]
    )


def runs_of(starts: list[int], ends: list[int], who: list[int], gap: int) -> list[list[int]]:
    found, latest = np.empty((len(starts), 5), np.int64), np.full(3, -1, np.int64)
    used = compiled(JOIN_RUNS)(of([*range(len(starts))]), of(who), of(starts), of(ends), gap, latest, found)
    told: list[list[int]] = found[:used].tolist()
    return told


def test_join_runs_ends_where_the_gap_is_larger() -> None:
    """At the gap itself it goes on; a run is busy until its last request ended, or until that began if nobody knows."""
    assert runs_of([0, 250, 501], [9, 900, ABSENT_US], [0, 0, 0], 250) == [[0, 0, 250, 900, 2], [0, 501, 501, 501, 1]]


def test_join_runs_keeps_targets_and_latecomers_apart() -> None:
    """A slow request that is logged late has a run of its own; the latest run goes on behind it."""
    found = runs_of([5000, 100, 5100, 5050, ABSENT_US], [6000] * 5, [0, 0, 0, 1, 0], 250)
    assert found == [[0, 5000, 5100, 6000, 2], [0, 100, 100, 6000, 1], [1, 5050, 5050, 6000, 1]]


@settings(deadline=None)  # the first call compiles
@given(
    starts=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 2)), min_size=1, max_size=60),
    seed=st.integers(0, 9),
)
def test_join_runs_never_hides_where_a_burst_ends(starts: list[tuple[int, int]], seed: int) -> None:
    """In whatever order requests are logged: no gap in a run, and all of them are counted."""
    random.Random(seed).shuffle(starts)
    times, who = [at for at, _ in starts], [target for _, target in starts]
    found = runs_of(times, times, who, 250)
    assert sum(run[4] for run in found) == len(starts)
    for target, first, last, _, requests in found:
        within = sorted(at for at, whose in starts if whose == target and first <= at <= last)
        assert (within[0], within[-1]) == (first, last)
        assert len(within) >= requests
        assert all(later - at <= 250 for at, later in pairwise(within))
