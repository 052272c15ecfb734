"""Where values end, and the numbers that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from numba import njit

from why502.engine.kernels.loads import (
    LANES,
    byte_at,
    to_escape_or_end,
    to_plain_word_end,
    to_text_end,
    to_word_end,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MICRO: Final = 1_000_000
FAILED: Final = -1

_QUOTE: Final = 34
_POINT: Final = 46
_BACKSLASH: Final = 92


@njit(nogil=True)
def word_end(data: NDArray[np.uint8], pos: int, stop: int) -> int:
    """Before the stop, a blank or a control character."""
    step = to_word_end(data, pos, stop)
    while step == LANES:
        pos += LANES
        step = to_word_end(data, pos, stop)
    return pos + step


@njit(nogil=True)
def plain_word_end(data: NDArray[np.uint8], pos: int, stop: int) -> int:
    """As `word_end`, and before what could begin a second value."""
    step = to_plain_word_end(data, pos, stop)
    while step == LANES:
        pos += LANES
        step = to_plain_word_end(data, pos, stop)
    return pos + step


@njit(nogil=True)
def text_end(data: NDArray[np.uint8], pos: int, stop: int) -> int:
    """Before the stop or the line feed."""
    step = to_text_end(data, pos, stop)
    while step == LANES:
        pos += LANES
        step = to_text_end(data, pos, stop)
    return pos + step


@njit(nogil=True)
def escaped_end(data: NDArray[np.uint8], pos: int) -> int:
    """Before the quote or the line feed; a backslash takes the next byte with it, unless that ends the line."""
    while True:
        step = to_escape_or_end(data, pos, _QUOTE)
        pos += step
        if step == LANES:
            continue
        if byte_at(data, pos) != _BACKSLASH:
            return pos
        pos += 1 if byte_at(data, pos + 1) == 10 else 2


@njit(nogil=True)
def seconds(data: NDArray[np.uint8], pos: int, most: int, decimals: int) -> tuple[int, int]:
    """A decimal number of seconds as microseconds, and the position behind; -1 microseconds: it is none."""
    begin, value = pos, 0
    digit = byte_at(data, pos) - 48
    while 0 <= digit <= 9 and pos - begin <= most:
        value = value * 10 + digit
        pos += 1
        digit = byte_at(data, pos) - 48
    if pos == begin or pos - begin > most:
        return FAILED, pos
    scale = MICRO
    if byte_at(data, pos) == _POINT:
        pos += 1
        begin = pos
        digit = byte_at(data, pos) - 48
        while 0 <= digit <= 9 and pos - begin < decimals:
            scale //= 10
            value = value * 10 + digit
            pos += 1
            digit = byte_at(data, pos) - 48
        if pos == begin:
            return FAILED, pos
    return value * scale, pos


@njit(nogil=True)
def digits(data: NDArray[np.uint8], pos: int, count: int) -> int:
    """The number that stands in exactly so many digits; -1 if something else does."""
    value = 0
    for index in range(count):
        digit = byte_at(data, pos + index) - 48
        if digit < 0 or digit > 9:
            return FAILED
        value = value * 10 + digit
    return value
