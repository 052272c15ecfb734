"""The compiled search for different numbers, and NumPy's where they are many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.engine.compiling import DISTINCT, compiled
from why502.engine.distinct import PLACES, distinct


def check(values: list[int]) -> None:
    """Every value is one of the different ones, each of which stands first where it is said to."""
    given_values = np.array(values, np.int64)
    different, first, which = distinct(given_values)
    assert different[which].tolist() == values
    assert sorted(different.tolist()) == sorted(set(values))
    assert [values.index(value) for value in different.tolist()] == first.tolist()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1))))
def test_different_numbers_are_found(values: list[int]) -> None:
    """In any order, repeated or not, of any size."""
    check(values)


@pytest.mark.parametrize("count", [PLACES, PLACES + 1, 3 * PLACES])
def test_many_different_numbers_are_found(count: int) -> None:
    """More than the compiled loop has places for."""
    check([7 * number for number in (*range(count), *range(5))])


def test_too_many_are_refused() -> None:
    """The loop says so instead of searching long."""
    values = np.arange(64, dtype=np.int64)
    first, which = np.empty(16, np.int64), np.empty(64, np.int64)
    assert compiled(DISTINCT)(values, np.full(16, -1, np.int64), first, which) == -1
