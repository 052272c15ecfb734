"""The different numbers of an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from why502.formats.columns import Numbers

_PROBES: Final = 32
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
"""2 to the 64 by the golden ratio (Knuth, 6.4)."""


def distinct(values: Numbers, places: Numbers, first: Numbers, which: Numbers) -> int:
    """Fills `first` (where each different value stands first) and `which` (of these, for each value): how many.

    `places` has one of them for each, filled with -1, a power of two; -1: there are too many, or some are alike.
    """
    used = last = 0
    mask = np.uint64(places.size - 1)
    for index in range(values.size):
        value = values[index]
        if used > 0 and value == values[first[last]]:
            which[index] = last
            continue
        mixed = np.uint64(value) * _ODD
        place = np.int64((mixed ^ (mixed >> np.uint64(32))) & mask)
        probes = 0
        while places[place] >= 0 and values[first[places[place]]] != value:
            place = (place + 1) & np.int64(mask)
            probes += 1
            if probes == _PROBES:
                return -1
        if places[place] < 0:
            places[place] = used
            first[used] = index
            used += 1
        last = places[place]
        which[index] = last
    return used
