"""Words that repeat, as numbers."""

# Inside the compiled loop NumPy's integers and Python's are the same:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from why502.engine.kernels.loads import eight_bytes
from why502.engine.kernels.values import FAILED
from why502.formats.columns import MAX_NAMES, NAME_PLACES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from why502.formats.columns import Numbers

_PROBES: Final = 64
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
"""2 to the 64 by the golden ratio: spreads what differs in any bit over the upper ones (Knuth, 6.4)."""


@njit(nogil=True)
def _up_to_eight(data: NDArray[np.uint8], begin: int, length: int) -> np.uint64:
    """The first bytes of a name as a number; what lies behind it does not count."""
    unused = np.uint64(64 - 8 * length) if length < 8 else np.uint64(0)
    return (eight_bytes(data, begin) << unused) if length else np.uint64(0)


@njit(nogil=True)
def _alike(data: NDArray[np.uint8], begin: int, other: int, length: int) -> bool:
    at = 0
    while length - at >= 8:
        if eight_bytes(data, begin + at) != eight_bytes(data, other + at):
            return False
        at += 8
    return _up_to_eight(data, begin + at, length - at) == _up_to_eight(data, other + at, length - at)


@njit(nogil=True)
def name_code(data: NDArray[np.uint8], begin: int, end: int, table: Numbers, spans: Numbers, used: int) -> int:
    """The code of a name: that of an equal one seen before, or the next; `FAILED` if there is no room.

    Names alike in length and both ends share a place; thousands of forged ones end in `FAILED`, not in a long search.
    """
    length = end - begin
    last = eight_bytes(data, end - 8) if length > 8 else np.uint64(0)
    mixed = (_up_to_eight(data, begin, length) ^ np.uint64(length)) * _ODD
    mixed = (mixed ^ (mixed >> np.uint64(32)) ^ last) * _ODD
    place = np.int64((mixed >> np.uint64(40)) & np.uint64(NAME_PLACES - 1))
    for _ in range(_PROBES):
        code = table[place]
        if code < 0:
            if used == MAX_NAMES:
                return FAILED
            table[place] = used
            spans[used, 0], spans[used, 1] = begin, end
            return used
        if spans[code, 1] - spans[code, 0] == length and _alike(data, begin, spans[code, 0], length):
            return code
        place = (place + 1) & (NAME_PLACES - 1)
    return FAILED
