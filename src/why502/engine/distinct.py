"""The different numbers of an array, by a compiled loop: NumPy sorts them all for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from why502.engine.compiling import DISTINCT, compiled

if TYPE_CHECKING:
    from why502.formats.columns import Numbers

PLACES: Final = 1 << 12
"""Where the compiled loop looks numbers up."""


def distinct(values: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The different values, where each stands first, and which of them each value is."""
    which, first = np.empty(values.size, np.int64), np.empty(PLACES, np.int64)
    found = compiled(DISTINCT)(values, np.full(PLACES, -1, np.int64), first, which)
    if found < 0:  # more than anybody's log has
        different, first, which = np.unique(values, return_index=True, return_inverse=True)
        return different, first, which
    return values[first[:found]], first[:found], which
