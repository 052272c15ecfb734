from __future__ import annotations

import pytest

from tests.engine.kernels import padded
from why502.engine.kernels.values import FAILED, digits, escaped_end, plain_word_end, seconds, text_end, word_end

SPACE, QUOTE = 32, 34


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 64, 100])
def test_each_end_is_found_however_far_it_is(length: int) -> None:
    """In steps of many bytes: before, at and behind the borders of a step."""
    for begin in (0, 1, 5):
        data = padded("x" * begin + "a" * length + ' "rest')
        assert word_end(data, begin, SPACE) == begin + length
        assert plain_word_end(data, begin, SPACE) == begin + length
        assert text_end(data, begin, SPACE) == begin + length
        assert text_end(data, begin, QUOTE) == begin + length + 1
        assert escaped_end(data, begin) == begin + length + 1


def test_word_end_stops_at_blanks_and_control_characters() -> None:
    """And at the stop itself; not at what only ends a plain word."""
    assert [word_end(padded(f"ab{end}c"), 0, ord("/")) for end in " \t\x01/"] == [2, 2, 2, 2]
    assert word_end(padded("a=b"), 0, SPACE) == 3


@pytest.mark.parametrize("end", '="|<{ ')
def test_plain_word_end_stops_where_a_second_value_could_begin(end: str) -> None:
    assert plain_word_end(padded(f"ab{end}c"), 0, ord("/")) == 2


def test_text_end_goes_over_blanks_up_to_the_line_feed() -> None:
    assert text_end(padded("a b\tc"), 0, ord("|")) == 5


@pytest.mark.parametrize(("text", "end"), [('a"b', 1), (r"a\"b" + '"', 4), (r"a\\" + '"b', 3), ("ab", 2), ("ab\\", 3)])
def test_escaped_end_skips_what_a_backslash_takes(text: str, end: int) -> None:
    """A backslash at the end of the line does not take the line feed."""
    assert escaped_end(padded(text), 0) == end


@pytest.mark.parametrize(
    ("text", "decimals", "micros", "behind"),
    [
        ("0.001 ", 6, 1_000, 5),
        ("12 ", 6, 12_000_000, 2),
        ("1.034567 ", 6, 1_034_567, 8),
        ("1.0345678 ", 6, 1_034_567, 8),
        ("0.0015 ", 3, 1_000, 5),
    ],
)
def test_seconds_are_whole_microseconds(text: str, decimals: int, micros: int, behind: int) -> None:
    """Further decimals are left for the step behind, which fails at them."""
    assert seconds(padded(text), 0, 9, decimals) == (micros, behind)


@pytest.mark.parametrize("text", ["", "-", ".5", "1.", "1. ", "x", "1234567890"])
def test_seconds_fail_at_anything_else(text: str) -> None:
    assert seconds(padded(text + "\n"), 0, 9, 6)[0] == FAILED


def test_digits_are_exactly_so_many() -> None:
    assert digits(padded("2026"), 0, 4) == 2026
    assert digits(padded("202x"), 0, 4) == FAILED
    assert digits(padded("202"), 0, 4) == FAILED
