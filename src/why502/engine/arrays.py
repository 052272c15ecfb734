"""Arrow arrays straight from their buffers: `pyarrow.array` would import pandas, which takes half a second."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def numbers(values: NDArray[np.int64] | NDArray[np.int32], absent: NDArray[np.bool_] | None = None) -> pa.Array:
    """Integers; null where absent."""
    kind = pa.int32() if values.dtype == np.int32 else pa.int64()
    return pa.Array.from_buffers(kind, values.size, [_validity(absent), pa.py_buffer(np.ascontiguousarray(values))])


def optional_numbers(values: Sequence[int | None], kind: pa.DataType | None = None) -> pa.Array:
    """Integers from Python, of 64 bits unless the kind says otherwise; None becomes null."""
    absent = np.fromiter((value is None for value in values), np.bool_, len(values))
    told = numbers(np.fromiter((value or 0 for value in values), np.int64, len(values)), absent)
    return told if kind is None else told.cast(kind)


def codes(values: Sequence[str | None], which: NDArray[np.int64]) -> pa.Array:
    """A text for each element of `which`, by its index in `values`; None becomes null."""
    absent = _absent(values)
    dictionary = binaries([(value or "").encode() for value in values], pa.string())
    indices = numbers(which.astype(np.int32), None if absent is None else absent[which])
    return pa.DictionaryArray.from_arrays(indices, dictionary)


def texts(values: Sequence[str | None]) -> pa.Array:
    """Texts from Python, each kept once."""
    places: dict[str | None, int] = {}
    which = np.fromiter((places.setdefault(value, len(places)) for value in values), np.int64, len(values))
    return codes(list(places), which)


def binaries(values: Sequence[bytes | None], kind: pa.DataType) -> pa.Array:
    """Bytes (or UTF-8 texts, by the kind); None becomes null."""
    told = [value or b"" for value in values]
    ends = np.array([0, *accumulate(map(len, told))], np.int32)
    content = pa.py_buffer(b"".join(told))
    return pa.Array.from_buffers(kind, len(values), [_validity(_absent(values)), pa.py_buffer(ends), content])


def few_binaries(count: int, places: NDArray[np.int64], values: Sequence[bytes]) -> pa.Array:
    """So many, null everywhere but at these places (in order)."""
    absent = np.ones(count, np.bool_)
    absent[places] = False
    sizes = np.zeros(count, np.int64)
    sizes[places] = np.fromiter(map(len, values), np.int64, len(values))
    ends = np.zeros(count + 1, np.int32)
    np.cumsum(sizes, out=ends[1:])
    return pa.Array.from_buffers(
        pa.binary(), count, [_validity(absent), pa.py_buffer(ends), pa.py_buffer(b"".join(values))]
    )


def _absent(values: Sequence[object]) -> NDArray[np.bool_] | None:
    """Where there is none; None if there is everywhere."""
    return np.array([value is None for value in values], np.bool_) if None in values else None


def _validity(absent: NDArray[np.bool_] | None) -> pa.Buffer | None:
    """Arrow's bitmap of what is there."""
    if absent is None or not absent.any():
        return None
    return pa.py_buffer(np.packbits(~absent, bitorder="little"))
