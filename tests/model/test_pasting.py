"""Words of evidence in commands to copy, as a real shell reads them."""

from __future__ import annotations

import subprocess

import pytest

from why502.model.pasting import is_address, shell_word

HOSTILE = ("a b", "$(id)", "`id`", "';id;'", '"$(id)"', "a|b&c>d<e", "~", "*", "#x", "!!", "\\", "a\\'b", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_shell_takes_it_as_one_word(text: str) -> None:
    told = subprocess.run(
        ["/bin/sh", "-c", f"printf %s {shell_word(text)}"], capture_output=True, text=True, check=True
    )
    assert told.stdout == text


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\x1b[2Jb", "a\u2028b", "a\u202eb"])
def test_what_cannot_be_printed_is_not_copied(text: str) -> None:
    assert shell_word(text).isprintable()


@pytest.mark.parametrize(
    ("text", "told"),
    [("10.0.0.7", True), ("fe80::1%eth0", True), ("::1", True), ("api-1.shop_x", True), ("-x", False), ("", False)],
)
def test_an_address_is_nothing_else(text: str, told: bool) -> None:
    assert is_address(text) is told
    assert not is_address(f"{text} or tcp")
    assert not is_address(f"{text}\n")
    assert not is_address(f"{text}'")
