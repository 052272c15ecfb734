"""Medians and percentiles of durations from counts of rounded values: exact enough, and bounded at any size.

Durations are rounded down to four significant digits, so that there are at most 9000 values a decade. Logs with times
in milliseconds lose nothing below 10 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

COARSE_STEPS_US = tuple((10**digits, 10 ** (digits - 3)) for digits in range(12, 3, -1))
"""From this value on, whole multiples of that one are kept; the largest first."""


def coarse(value_us: int) -> int:
    """The duration with four significant digits.

    >>> coarse(12_345), coarse(9_999), coarse(1_234_567)
    (12340, 9999, 1234000)
    """
    step_us = next((step_us for from_us, step_us in COARSE_STEPS_US if value_us >= from_us), 1)
    return value_us // step_us * step_us


def quantile_s(counts: Mapping[int, int], share: float) -> float | None:
    """The value (seconds) below or at which that share of all counted durations lies; of none, None.

    >>> quantile_s({1000: 3, 2000: 1}, 0.5), quantile_s({}, 0.5)
    (0.001, None)
    """
    left = int(share * (sum(counts.values()) - 1))
    for value_us in sorted(counts):
        left -= counts[value_us]
        if left < 0:
            return value_us / 1e6
    return None
