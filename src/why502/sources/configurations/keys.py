r"""Keys and values with their line, out of YAML in blocks, JSON, and TOML.

Not a parser of these languages: what a configuration says in scalars is found, everything else passed over. Every
step takes time linear in the text, and nothing is ever built from it: YAML parsers are no match for strangers' files
(PyYAML's takes minutes for 1 MB of '[', libyaml's recursion ends the process).
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 64

_FLOW = expression(
    r'"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\'|[{}\[\],]|(?:[^\s{}\[\],"\':\\]|\\["\\]?)++|:(?!//)|\n|.', re.DOTALL
)
"""A quote behind a backslash never begins a string: each would be looked for its end to the end of the text."""
_BLOCK_KEY = expression(
    r"""("[^"\n]{1,256}"|'[^'\n]{1,256}'|[^\s#:"'{}\[\],&*!|>%@`-][^\s:#]{0,255}|-[^\s:#]{1,255})\s*:(?:\s+(.*))?$"""
)
_TABLE = expression(r"\[{1,2}\s*([\w.\"'@-]{1,512})\s*\]{1,2}\s*(?:#.*)?")
_PAIR = expression(r"([\w.\"'-]{1,256})\s*=\s*(.{1,4096})")


class Key(NamedTuple):
    """One scalar."""

    path: tuple[str, ...]
    """Keys from the outermost; elements of lists are '#0', '#1'..., unique within the file."""
    value: str
    line: int


def keys(text: str) -> Iterator[Key]:
    """All scalars of the document."""
    begin = text.lstrip("\ufeff \t\r\n")[:1]
    if begin == "{" or (begin == "[" and not _TABLE.match(text.lstrip().partition("\n")[0].strip())):
        yield from _flow(text)
    elif any(_TABLE.fullmatch(line.strip()) for line in text.splitlines()[:2000]):
        yield from _toml(text)
    else:
        yield from _blocks(text)


def _flow(text: str, line: int = 1, before: tuple[str, ...] = ()) -> Iterator[Key]:
    """JSON, and YAML between braces."""
    stack: list[str] = list(before)
    opened: list[str] = []
    key: str | None = None
    word, said = "", line
    numbers = count()
    for token in _FLOW.finditer(text):
        part = token[0]
        if part in "{[":
            opened.append(part)
            stack.append(key if key is not None else f"#{next(numbers)}")
            key, word = None, ""
        elif part in "}],\n" or part.isspace():
            if part == "\n":
                line += 1
            if part.isspace():
                continue
            if word and len(stack) <= MAX_DEPTH:
                yield Key((*stack, key if key is not None else f"#{next(numbers)}"), word, said)
            key, word = None, ""
            if part != "," and opened:
                opened.pop()
                stack.pop()
        elif part == ":" and key is None and word:
            key, word = word, ""
        elif len(word) < 4096:
            word, said = (word + part, said) if word else (_scalar(part), line)


def _blocks(text: str) -> Iterator[Key]:
    """YAML by its indentation."""
    stack: list[tuple[int, str]] = []
    numbers = count()
    for number, indent, whole in _said(text):
        if whole in ("---", "..."):
            stack = []
            continue
        column, bare = _items(stack, numbers, indent, whole)
        if not (found := _BLOCK_KEY.match(bare)):
            continue
        while stack and stack[-1][0] >= column:
            stack.pop()
        name, value = _scalar(found[1]), (found[2] or "").strip()
        path = tuple(part for _, part in stack)
        if value.startswith(("{", "[")):
            yield from _flow(value, number, (*path, name))
        elif value and value[0] not in "#|>":
            yield Key((*path, name), _scalar(_uncommented(value)), number)
        if len(stack) <= MAX_DEPTH:
            stack.append((column, name))


def _said(text: str) -> Iterator[tuple[int, int, str]]:
    """Lines with something in them: number, indentation, text; without what is a literal text ('key: |')."""
    below: int | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        bare = raw.strip(" \r")
        indent = len(raw) - len(raw.lstrip(" "))
        if not bare or bare.startswith(("#", "%")) or (below is not None and indent > below):
            continue
        below = indent if bare.endswith((": |", ": >", ": |-", ": >-")) else None
        yield number, indent, bare


def _items(stack: list[tuple[int, str]], numbers: Iterator[int], indent: int, bare: str) -> tuple[int, str]:
    """Opens the elements of lists that begin on this line; what is left of it, and where that stands."""
    while bare.startswith("- ") and len(stack) <= MAX_DEPTH:
        while stack and (stack[-1][0] > indent or (stack[-1][0] == indent and stack[-1][1].startswith("#"))):
            stack.pop()
        stack.append((indent, f"#{next(numbers)}"))
        rest = bare[2:].lstrip(" ")
        indent, bare = indent + len(bare) - len(rest), rest
    return indent, bare


def _toml(text: str) -> Iterator[Key]:
    """Tables, and pairs of one line."""
    table: tuple[str, ...] = ()
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if found := _TABLE.fullmatch(line):
            table = tuple(part.strip("\"'") for part in found[1].split("."))[:MAX_DEPTH]
        elif pair := _PAIR.fullmatch(line):
            path = tuple(part.strip("\"'") for part in pair[1].split("."))[:MAX_DEPTH]
            yield Key((*table, *path), _scalar(_uncommented(pair[2])), number)


def _uncommented(value: str) -> str:
    return value if value[:1] in "\"'" and value.endswith(value[0]) else value.partition(" #")[0].rstrip()


def _scalar(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0] else text
