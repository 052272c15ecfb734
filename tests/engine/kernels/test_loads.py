from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from numba import njit

from tests.engine.kernels import padded
from why502.engine.kernels.loads import (
    LANES,
    byte_at,
    eight_bytes,
    to_escape_or_end,
    to_plain_word_end,
    to_text_end,
    to_word_end,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STOP = ord("/")


@njit(nogil=True)
def ends(data: NDArray[np.uint8], pos: int) -> tuple[int, int, int, int]:
    """Machine instructions can only be called from compiled code."""
    return (
        to_text_end(data, pos, STOP),
        to_word_end(data, pos, STOP),
        to_plain_word_end(data, pos, STOP),
        to_escape_or_end(data, pos, STOP),
    )


@njit(nogil=True)
def values(data: NDArray[np.uint8], pos: int) -> tuple[int, np.uint64]:
    return byte_at(data, pos), eight_bytes(data, pos)


FOUND: dict[str, tuple[bool, bool, bool, bool]] = {
    "/": (True, True, True, True),
    "\n": (True, True, True, True),
    " ": (False, True, True, False),
    "\t": (False, True, True, False),
    "=": (False, False, True, False),
    "{": (False, False, True, False),
    "\\": (False, False, False, True),
    "x": (False, False, False, False),
    "\xff": (False, False, False, False),
}
"""What the four look for."""


@pytest.mark.parametrize("byte", FOUND)
def test_the_first_byte_is_found_wherever_it_is(byte: str) -> None:
    """In each lane, from any alignment; none of them is `LANES`."""
    for place in range(LANES):
        for begin in (0, 3):
            text = "a" * begin + "a" * place + byte + "a" * (LANES - place)
            data = _raw(text) if byte == "\xff" else padded(text)
            assert ends(data, begin) == tuple(place if found else LANES for found in FOUND[byte])


def _raw(text: str) -> NDArray[np.uint8]:
    data = padded(text.replace("\xff", "x")).copy()
    data[text.index("\xff")] = 0xFF
    return data


def test_bytes_are_read_from_any_place() -> None:
    """The first of eight is the lowest."""
    byte, eight = values(padded("xxabcdefgh"), 2)
    assert (byte, int(eight)) == (ord("a"), int.from_bytes(b"abcdefgh", "little"))
