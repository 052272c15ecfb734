from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from why502.engine import arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_numbers_are_null_where_absent(kind: type[np.int32 | np.int64]) -> None:
    """Of both widths, and without a bitmap where nothing is absent."""
    values: NDArray[Any] = np.arange(11, dtype=kind)
    made = arrays.numbers(values, values % 3 == 0)
    made.validate(full=True)
    assert made.to_pylist() == [None if value % 3 == 0 else value for value in range(11)]
    whole = arrays.numbers(values)
    assert (whole.to_pylist(), whole.null_count) == (list(range(11)), 0)


def test_numbers_of_python() -> None:
    """None becomes null, whatever the width; 0 stays 0."""
    assert arrays.optional_numbers([1, None, 0]).to_pylist() == [1, None, 0]
    small = arrays.optional_numbers([None, 502], pa.int32())
    assert (small.type, small.to_pylist()) == (pa.int32(), [None, 502])


def test_texts_are_kept_once() -> None:
    """Each text once, each place by its number."""
    made = arrays.texts(["a", None, "b", "a", "é"])
    made.validate(full=True)
    assert made.to_pylist() == ["a", None, "b", "a", "é"]
    assert arrays.codes(["x", "y"], np.array([1, 1, 0])).to_pylist() == ["y", "y", "x"]
    assert arrays.texts([]).to_pylist() == []


def test_binaries() -> None:
    """Empty and null are two things."""
    made = arrays.binaries([b"a", None, b"", b"\0\xff"], pa.binary())
    made.validate(full=True)
    assert made.to_pylist() == [b"a", None, b"", b"\0\xff"]


@pytest.mark.parametrize("places", [[], [0], [3, 8], list(range(9))])
def test_few_binaries(places: list[int]) -> None:
    """Null everywhere but at the places named."""
    values = [b"x" * place for place in places]
    made = arrays.few_binaries(9, np.array(places, np.int64), values)
    made.validate(full=True)
    expected = dict(zip(places, values, strict=True))
    assert made.to_pylist() == [expected.get(place) for place in range(9)]
