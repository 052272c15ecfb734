"""How well lines fit a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def share(lines: Sequence[str], is_mine: Callable[[str], object]) -> float:
    """The share of lines for which the answer is true; of no lines, none.

    >>> share(["a", "b"], "a".__eq__)
    0.5
    """
    return sum(map(bool, map(is_mine, lines))) / len(lines) if lines else 0.0
