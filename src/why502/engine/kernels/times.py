"""Times of day and dates as microseconds since the epoch.

Neighbouring lines mostly tell the same second: where a step's bytes are those of the line before, so is the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from numba import njit

from why502.engine.kernels.loads import byte_at, eight_bytes
from why502.engine.kernels.values import FAILED, MICRO, digits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from why502.formats.columns import Numbers

_DASH: Final = 45
_POINT: Final = 46
_DAY_S: Final = 86400
_LAST_YEAR: Final = 2099
"""Later than this, seconds as the parser has them (floats) are too coarse for microseconds: what it says then holds."""

ISO_BYTES: Final = 19
"""2018-08-28T20:17:23"""
LOCAL_BYTES: Final = 26
"""22/Nov/2026:19:37:34 +0000"""
UNZONED_BYTES: Final = 20
"""06/Feb/2009:12:14:14"""


@njit(nogil=True)
def _month_days(year: int, month: int) -> int:
    if month == 2:
        return 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    return 30 if month in (4, 6, 9, 11) else 31


@njit(nogil=True)
def _epoch_s(year: int, month: int, day: int, clock: int) -> int:
    """Seconds since 1970 of a date and a time of day; -1 if there is no such date, or none that is certain.

    After Hinnant, days_from_civil.
    """
    if (
        year < 1970
        or year > _LAST_YEAR
        or month < 1
        or month > 12
        or day < 1
        or day > _month_days(year, month)
        or clock < 0
    ):
        return FAILED
    shifted = year - (1 if month <= 2 else 0)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return days * _DAY_S + clock


@njit(nogil=True)
def _clock_s(data: NDArray[np.uint8], pos: int) -> int:
    """HH:MM:SS; -1 if it is none. A leap second is for the parser to refuse."""
    hour, minute, second = digits(data, pos, 2), digits(data, pos + 3, 2), digits(data, pos + 6, 2)
    colons = byte_at(data, pos + 2) == 58 and byte_at(data, pos + 5) == 58
    if not colons or hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return FAILED
    return hour * 3600 + minute * 60 + second


@njit(nogil=True)
def _same(data: NDArray[np.uint8], pos: int, other: int, count: int) -> bool:
    """Whether so many bytes (8 at least) are equal at two places."""
    for begin in range(0, count - 8, 8):
        if eight_bytes(data, pos + begin) != eight_bytes(data, other + begin):
            return False
    return bool(eight_bytes(data, pos + count - 8) == eight_bytes(data, other + count - 8))


@njit(nogil=True)
def _iso_s(data: NDArray[np.uint8], pos: int) -> int:
    if byte_at(data, pos + 4) != _DASH or byte_at(data, pos + 7) != _DASH or byte_at(data, pos + 10) != 84:
        return FAILED
    year, month, day = digits(data, pos, 4), digits(data, pos + 5, 2), digits(data, pos + 8, 2)
    return _epoch_s(year, month, day, _clock_s(data, pos + 11))


@njit(nogil=True)
def iso_time(data: NDArray[np.uint8], pos: int, size: int, before: Numbers) -> tuple[int, int]:
    """Microseconds and the position behind; 19 characters, 6 more digits or none, Z.

    `before` holds where this step found a time last and its seconds; -1 in front.
    """
    if pos + 27 >= size:
        return FAILED, pos
    if before[0] >= 0 and _same(data, pos, before[0], ISO_BYTES):
        at_s = before[1]
    else:
        at_s = _iso_s(data, pos)
        before[0], before[1] = (pos if at_s >= 0 else FAILED), at_s
    pos += ISO_BYTES
    fraction = 0
    if byte_at(data, pos) == _POINT:
        fraction = digits(data, pos + 1, 6)
        pos += 7
    if at_s < 0 or fraction < 0 or byte_at(data, pos) != 90:
        return FAILED, pos
    return at_s * MICRO + fraction, pos + 1


@njit(nogil=True)
def _month(data: NDArray[np.uint8], pos: int) -> int:
    """Jan to Dec; 0: none of them."""
    name = (byte_at(data, pos) << 16) | (byte_at(data, pos + 1) << 8) | byte_at(data, pos + 2)
    for index in range(12):
        if name == _MONTHS[index]:
            return index + 1
    return 0


_MONTHS = tuple(
    int.from_bytes(name.encode(), "big")
    for name in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
)


@njit(nogil=True)
def _day_and_clock_s(data: NDArray[np.uint8], pos: int) -> int:
    """22/Nov/2026:19:37:34, as if it were UTC; -1 if it is none, or lies in the first day of 1970."""
    if byte_at(data, pos + 2) != 47 or byte_at(data, pos + 6) != 47 or byte_at(data, pos + 11) != 58:
        return FAILED
    day, year = digits(data, pos, 2), digits(data, pos + 7, 4)
    at_s = _epoch_s(year, _month(data, pos + 3), day, _clock_s(data, pos + 12))
    return at_s if at_s >= _DAY_S else FAILED


@njit(nogil=True)
def _local_s(data: NDArray[np.uint8], pos: int) -> int:
    at_s = _day_and_clock_s(data, pos)
    hours, minutes = digits(data, pos + 22, 2), digits(data, pos + 24, 2)
    sign = byte_at(data, pos + 21)
    if byte_at(data, pos + 20) != 32 or at_s < 0 or hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
        return FAILED
    if sign == 43:
        return at_s - (hours * 3600 + minutes * 60)
    return at_s + hours * 3600 + minutes * 60 if sign == _DASH else FAILED


@njit(nogil=True)
def local_time(data: NDArray[np.uint8], pos: int, size: int, before: Numbers) -> tuple[int, int]:
    """22/Nov/2026:19:37:34 +0000; `before` as in `iso_time`."""
    if pos + LOCAL_BYTES >= size:
        return FAILED, pos
    if before[0] >= 0 and _same(data, pos, before[0], LOCAL_BYTES):
        return before[1] * MICRO, pos + LOCAL_BYTES
    at_s = _local_s(data, pos)
    before[0], before[1] = (pos if at_s >= 0 else FAILED), at_s
    return (at_s * MICRO if at_s >= 0 else FAILED), pos + LOCAL_BYTES


@njit(nogil=True)
def unzoned_time(data: NDArray[np.uint8], pos: int, size: int, before: Numbers) -> tuple[int, int]:
    """06/Feb/2009:12:14:14.655, taken as UTC, with 3 digits or none; `before` as in `iso_time`."""
    if pos + UNZONED_BYTES + 4 >= size:
        return FAILED, pos
    if before[0] >= 0 and _same(data, pos, before[0], UNZONED_BYTES):
        at_s = before[1]
    else:
        at_s = _day_and_clock_s(data, pos)
        before[0], before[1] = (pos if at_s >= 0 else FAILED), at_s
    pos += UNZONED_BYTES
    fraction = 0
    if byte_at(data, pos) == _POINT:
        fraction = digits(data, pos + 1, 3) * 1000
        pos += 4
    if at_s < 0 or fraction < 0:
        return FAILED, pos
    return at_s * MICRO + fraction, pos
