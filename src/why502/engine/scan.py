"""The compiled loop that walks a plan's steps over the lines of a block.

It holds no knowledge of any format. It never reads beyond the block: every block ends with a line feed, every step
stops at one, and steps of a fixed length check the space that is left. Numba compiles it once for all formats (in
some seconds) and keeps the result beside this file or in the user's cache.
"""

# Inside the compiled loop NumPy's integers and Python's are the same:
# mypy: disable-error-code="assignment,return-value,no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from why502.formats.columns import Numbers

MAX_NAMES: Final = 1 << 12
"""Different names in one block; a line with one more goes to the parser."""

_TABLE: Final = 1 << 14
_PROBES: Final = 64
_NEWLINE: Final = 10
_RETURN: Final = 13
_QUOTE: Final = 34
_DASH: Final = 45
_POINT: Final = 46
_BACKSLASH: Final = 92
_MICRO: Final = 1_000_000
_FAILED: Final = -1


@njit(cache=True, nogil=True)
def _digits(data: NDArray[np.uint8], pos: int, count: int) -> int:
    """The number that stands in exactly so many digits; -1 if something else does."""
    value = 0
    for index in range(pos, pos + count):
        digit = np.int64(data[index]) - 48
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


@njit(cache=True, nogil=True)
def _month_days(year: int, month: int) -> int:
    if month == 2:
        return 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    return 30 if month in (4, 6, 9, 11) else 31


@njit(cache=True, nogil=True)
def _epoch_s(year: int, month: int, day: int, clock: int) -> int:
    """Seconds since 1970 of a date and a time of day; -1 if there is no such date (Hinnant, days_from_civil)."""
    if year < 1970 or month < 1 or month > 12 or day < 1 or day > _month_days(year, month) or clock < 0:
        return -1
    shifted = year - (1 if month <= 2 else 0)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return days * 86400 + clock


@njit(cache=True, nogil=True)
def _clock_s(data: NDArray[np.uint8], pos: int) -> int:
    """HH:MM:SS; -1 if it is none. A leap second is for the parser to refuse."""
    hour, minute, second = _digits(data, pos, 2), _digits(data, pos + 3, 2), _digits(data, pos + 6, 2)
    colons = data[pos + 2] == 58 and data[pos + 5] == 58
    if not colons or hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return -1
    return hour * 3600 + minute * 60 + second


@njit(cache=True, nogil=True)
def _iso_time(data: NDArray[np.uint8], pos: int, size: int) -> tuple[int, int]:
    """Microseconds and the position behind; 19 characters, 6 more digits or none, Z."""
    if pos + 27 >= size or data[pos + 4] != _DASH or data[pos + 7] != _DASH or data[pos + 10] != 84:
        return _FAILED, pos
    year, month, day = _digits(data, pos, 4), _digits(data, pos + 5, 2), _digits(data, pos + 8, 2)
    at_s = _epoch_s(year, month, day, _clock_s(data, pos + 11))
    pos += 19
    fraction = 0
    if data[pos] == _POINT:
        fraction = _digits(data, pos + 1, 6)
        pos += 7
    if at_s < 0 or fraction < 0 or data[pos] != 90:
        return _FAILED, pos
    return at_s * _MICRO + fraction, pos + 1


@njit(cache=True, nogil=True)
def _month(data: NDArray[np.uint8], pos: int) -> int:
    """Jan to Dec; 0: none of them."""
    name = (np.int64(data[pos]) << 16) | (np.int64(data[pos + 1]) << 8) | np.int64(data[pos + 2])
    for index in range(12):
        if name == _MONTHS[index]:
            return index + 1
    return 0


_MONTHS = tuple(
    int.from_bytes(name.encode(), "big")
    for name in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
)


@njit(cache=True, nogil=True)
def _local_time(data: NDArray[np.uint8], pos: int, size: int) -> tuple[int, int]:
    """22/Nov/2026:19:37:34 +0000"""
    if pos + 26 >= size or data[pos + 2] != 47 or data[pos + 6] != 47 or data[pos + 11] != 58 or data[pos + 20] != 32:
        return _FAILED, pos
    day, year = _digits(data, pos, 2), _digits(data, pos + 7, 4)
    at_s = _epoch_s(year, _month(data, pos + 3), day, _clock_s(data, pos + 12))
    hours, minutes = _digits(data, pos + 22, 2), _digits(data, pos + 24, 2)
    sign = data[pos + 21]
    if at_s < 86400 or hours < 0 or hours > 23 or minutes < 0 or minutes > 59 or sign not in (43, _DASH):
        return _FAILED, pos
    offset_s = hours * 3600 + minutes * 60
    return (at_s - offset_s if sign == 43 else at_s + offset_s) * _MICRO, pos + 26


@njit(cache=True, nogil=True)
def _seconds(data: NDArray[np.uint8], pos: int, most: int, decimals: int) -> tuple[int, int]:
    """A decimal number of seconds as microseconds, and the position behind; -1 microseconds: it is none."""
    begin, value = pos, 0
    while 48 <= data[pos] <= 57 and pos - begin <= most:
        value = value * 10 + np.int64(data[pos]) - 48
        pos += 1
    if pos == begin or pos - begin > most:
        return _FAILED, pos
    scale = _MICRO
    if data[pos] == _POINT:
        pos += 1
        begin = pos
        while 48 <= data[pos] <= 57 and pos - begin < decimals:
            scale //= 10
            value = value * 10 + np.int64(data[pos]) - 48
            pos += 1
        if pos == begin:
            return _FAILED, pos
    return value * scale, pos


# The loops over bytes count in unsigned integers: for signed ones Numba looks at every step whether they are negative.


@njit(cache=True, nogil=True)
def _word_end(data: NDArray[np.uint8], pos: int, until: int) -> int:
    at, one, stop = np.uint64(pos), np.uint64(1), np.uint8(until)
    while data[at] > 32 and data[at] != stop:
        at += one
    return np.int64(at)


@njit(cache=True, nogil=True)
def _plain_word_end(data: NDArray[np.uint8], pos: int, until: int) -> int:
    at, one, stop = np.uint64(pos), np.uint64(1), np.uint8(until)
    while data[at] > 32 and data[at] != stop:
        byte = data[at]
        if byte == 61 or byte == _QUOTE or byte == 124 or byte == 60 or byte == 123:  # noqa: PLR1714 - a set is slower here
            break
        at += one
    return np.int64(at)


@njit(cache=True, nogil=True)
def _text_end(data: NDArray[np.uint8], pos: int, until: int) -> int:
    at, one, stop = np.uint64(pos), np.uint64(1), np.uint8(until)
    while data[at] != stop and data[at] != _NEWLINE:
        at += one
    return np.int64(at)


@njit(cache=True, nogil=True)
def _escaped_end(data: NDArray[np.uint8], pos: int) -> int:
    at, one = np.uint64(pos), np.uint64(1)
    while data[at] != _QUOTE and data[at] != _NEWLINE:
        if data[at] == _BACKSLASH and data[at + one] != _NEWLINE:
            at += one
        at += one
    return np.int64(at)


@njit(cache=True, nogil=True)
def _name(data: NDArray[np.uint8], begin: int, end: int, table: Numbers, spans: Numbers, used: int) -> int:
    """The code of a name: that of an equal one seen before, or the next; `_FAILED` if there is no room.

    Names alike in length and both ends share a place; thousands of forged ones end in `_FAILED`, not in a long search.
    """
    mixed = np.uint64(end - begin)
    for index in range(begin, min(end, begin + 8)):
        mixed = (mixed ^ np.uint64(data[index])) * np.uint64(1099511628211)
    for index in range(max(begin, end - 8), end):
        mixed = (mixed ^ np.uint64(data[index])) * np.uint64(1099511628211)
    place = np.int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(_TABLE - 1))
    for _ in range(_PROBES):
        code = table[place]
        if code < 0:
            if used == MAX_NAMES:
                return _FAILED
            table[place] = used
            spans[used, 0], spans[used, 1] = begin, end
            return used
        if spans[code, 1] - spans[code, 0] == end - begin:
            same = True
            for index in range(end - begin):
                if data[begin + index] != data[spans[code, 0] + index]:
                    same = False
                    break
            if same:
                return code
        place = (place + 1) & (_TABLE - 1)
    return _FAILED


@njit(cache=True, nogil=True)
def scan(  # noqa: C901, PLR0912, PLR0915 - one loop: calls that return text would cost more than the work
    data: NDArray[np.uint8],
    size: int,
    steps: Numbers,
    literals: NDArray[np.uint8],
    begins: Numbers,
    sure: NDArray[np.bool_],
    columns: Numbers,
    spans: Numbers,
) -> tuple[int, int]:
    """Fills `begins` (where each line begins), `sure` and `columns` for every line; the numbers of lines and names.

    `steps` has a row for each step: take, until (-1: none), least, most, column (-1: none), and for literals where
    the text begins and ends in `literals`. The last byte of the block must be a line feed.
    """
    table = np.full(_TABLE, -1, np.int64)
    lines = names = 0
    pos = 0
    while pos < size:
        begins[lines] = pos
        good = True
        for step in range(steps.shape[0]):
            take, until, least, most = steps[step, 0], steps[step, 1], steps[step, 2], steps[step, 3]
            column = steps[step, 4]
            begin, value = pos, 0
            named_from, named_to = pos, pos
            if take == 0:  # LITERAL
                length = steps[step, 6] - steps[step, 5]
                good = pos + length < size
                index = 0
                while good and index < length:
                    good = data[pos + index] == literals[steps[step, 5] + index]
                    index += 1
                pos += index if good else 0
            elif take <= 2:  # WORD, PLAIN_WORD
                pos = _word_end(data, pos, until) if take == 1 else _plain_word_end(data, pos, until)
                named_to = pos
                good = least <= pos - begin <= most
            elif take == 3:  # TEXT
                pos = _text_end(data, pos, until)
                named_to = pos
                good = least <= pos - begin <= most
            elif take <= 6:  # QUOTED, ESCAPED, QUOTED_OR_DASH
                if data[pos] == _QUOTE:
                    pos = _escaped_end(data, pos + 1) if take == 5 else _text_end(data, pos + 1, _QUOTE)
                    good = data[pos] == _QUOTE
                    named_from, named_to = begin + 1, pos
                    pos += 1 if good else 0
                elif take == 6 and data[pos] == _DASH:
                    pos += 1
                    named_to = pos
                else:
                    good = False
            elif take <= 8:  # NUMBER, NUMBER_OR_DASH
                if take == 8 and data[pos] == _DASH:
                    pos += 1
                    value = -1
                else:
                    while 48 <= data[pos] <= 57 and pos - begin <= most:
                        value = value * 10 + np.int64(data[pos]) - 48
                        pos += 1
                    good = least <= pos - begin <= most
            elif take <= 11:  # SECONDS, SECONDS_OR_DASH, MILLISECONDS
                if data[pos] == _DASH and data[pos + 1] == 49:
                    pos += 2
                    value = -1
                elif data[pos] == _DASH and take != 9:
                    pos += 1
                    value = -1
                else:
                    value, pos = _seconds(data, pos, most, 3 if take == 11 else 6)
                    good = value >= 0
            elif take == 12:  # ISO_TIME
                value, pos = _iso_time(data, pos, size)
                good = value >= 0
            elif take == 13:  # LOCAL_TIME
                value, pos = _local_time(data, pos, size)
                good = value >= 0
            else:  # END
                while data[pos] == _RETURN:
                    pos += 1
                good = data[pos] == _NEWLINE
            if good and until >= 0:
                good = data[pos] == until
                pos += 1 if good else 0
            if not good:
                pos = begin
                break
            if column >= 0:
                if 1 <= take <= 6:
                    value = _name(data, named_from, named_to, table, spans, names)
                    if value < 0:
                        good = False
                        break
                    names = max(names, value + 1)
                columns[column, lines] = value
        sure[lines] = good
        pos = _text_end(data, pos, _NEWLINE) + 1
        lines += 1
    begins[lines] = size
    return lines, names
