"""nginx's configuration as directives, each with the blocks around it (ngx_conf_file.c)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 16
"""Of blocks; nginx itself allows few."""

_TOKEN = expression(r'#[^\n]*|"(?:[^"\\]|\\.)*+"|\'(?:[^\'\\]|\\.)*+\'|[{};]|[^\s{};#"\'][^\s{};]*', re.DOTALL)


class Directive(NamedTuple):
    """A simple directive; a block's own words are in `blocks` of what stands inside."""

    words: tuple[str, ...]
    """Name and parameters, without quotes."""
    blocks: tuple[tuple[str, ...], ...]
    """The words of the blocks around it, outermost first."""
    line: int


def directives(text: str) -> Iterator[Directive]:
    """Each one that ends with ';', as nginx puts its words together."""
    words: list[str] = []
    blocks: list[tuple[str, ...]] = []
    line = begin = 1
    at = 0
    for token in _TOKEN.finditer(text):
        line, at = line + text.count("\n", at, token.start()), token.start()
        word = token[0]
        if word.startswith("#"):
            continue
        if word not in ("{", "}", ";"):
            begin = begin if words else line
            words.append(_unquoted(word))
            continue
        if word == ";" and words:
            yield Directive(tuple(words), tuple(blocks[:MAX_DEPTH]), begin)
        elif word == "{":
            blocks.append(tuple(words) or ("",))
        elif word == "}" and blocks:
            blocks.pop()
        words = []


def _unquoted(word: str) -> str:
    """A backslash is taken away in front of a quote or a backslash only (`ngx_conf_read_token`)."""
    if word[0] not in "\"'":
        return word
    if "\\" not in word:
        return word[1:-1]
    return re.sub(r"\\([\"'\\])", r"\1", word[1:-1]).replace(r"\t", "\t").replace(r"\n", "\n")
