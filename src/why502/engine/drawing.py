"""Lines that are kept for samples, although their requests are only counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa

from why502.engine.arrays import binaries, numbers
from why502.engine.schema import DRAWN
from why502.model.patterns import priority, threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST: Final = 20_000
"""Beyond, those are given up which will not be asked for."""


class Drawn(NamedTuple):
    """One line."""

    file: int
    """Its number in the table."""
    line: int
    detail: bytes


def drawn(lines: NDArray[np.int64], before: int) -> NDArray[np.bool_]:
    """Which of these lines are kept if so many requests stand before them, or more."""
    kept: NDArray[np.bool_] = priority(lines) < threshold(before + lines.size)
    return kept


@dataclass(slots=True)
class Drawing:
    """All lines of one table that are kept; the more requests there are, the fewer of each file."""

    _kept: list[Drawn] = field(default_factory=list)

    def add(self, more: Sequence[Drawn], requests: int) -> None:
        """`requests`: so many were read, these included."""
        self._kept.extend(more)
        if len(self._kept) > MOST:
            self._prune(requests)

    def table(self, requests: int) -> pa.Table:
        """Those that are left of so many requests."""
        self._prune(requests)
        files = numbers(np.array([it.file for it in self._kept], np.int32))
        lines = numbers(np.array([it.line for it in self._kept], np.int64))
        details = binaries([it.detail for it in self._kept], pa.binary())
        return pa.Table.from_arrays([files, lines, details], schema=DRAWN)

    def _prune(self, requests: int) -> None:
        below = threshold(requests)
        self._kept = [it for it in self._kept if priority(it.line) < below]
