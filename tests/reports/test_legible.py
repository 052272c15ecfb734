from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from why502.reports.legible import LIMIT_CHARACTERS, legible, legible_json

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)
"""Lone surrogates included: file names that are not UTF-8 have them."""


@given(ANY_TEXT)
def test_nothing_that_steers_a_terminal_comes_through(text: str) -> None:
    """No control character, no bidirectional control and no lone surrogate is left."""
    shown = legible(text)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs"}]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Printable ASCII is not touched."""
    assert legible(text) == text


def test_a_long_line_is_cut_and_says_so() -> None:
    """A field of a megabyte does not become a page of it."""
    shown = legible("x" * 1_000_000)
    assert len(shown) < LIMIT_CHARACTERS + 40
    assert "999,400 more characters" in shown


def test_escapes_are_spelled_out() -> None:
    """What was there can still be read."""
    assert legible("\x1b[31mred\r\n\u202e\udcff") == r"\x1b[31mred\r\n\u202e\udcff"


@given(st.text(max_size=100))
def test_json_keeps_its_value(text: str) -> None:
    """Escaping for the terminal does not change what a program reads."""
    assert json.loads(legible_json(json.dumps(text, ensure_ascii=False))) == text


@given(ANY_TEXT)
def test_json_can_always_be_printed(text: str) -> None:
    """Even a file name that is not UTF-8 gives a document that is."""
    document = legible_json(json.dumps(text, ensure_ascii=False))
    assert isinstance(json.loads(document.encode()), str)
    assert not [c for c in document if unicodedata.category(c) in {"Cc", "Cs"}]
