"""VCL of Varnish given as evidence: the timeouts of its backends (`man vcl-backend`, `man vcl-var`).

Those of a backend hold for it alone; what a subroutine sets on `bereq` holds for whatever it is run for. Comments and
strings may hold braces: they are passed over.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from why502.model.case import Input
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.settings import Setting, Timer
from why502.sources.configurations.lengths import seconds
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import MAX_SETTINGS, content

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND: Final = "varnish-configuration"

TIMERS: Final = {
    "connect_timeout": Timer.CONNECT,
    "first_byte_timeout": Timer.WAIT,
    "between_bytes_timeout": Timer.WAIT,
    "backend_idle_timeout": Timer.POOL,
}

_TOKEN = expression(
    r"#[^\n]*|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|\{\"(?:[^\"]|\"(?!\}))*+(?:\"\})?|\"[^\"\n]*\"?|[{};=]|[^\s{};=\"#/]+|/"
)
_HEAD = expression(r"^[ \t]*+vcl[ \t]++4\.\d[ \t]*;|^[ \t]*+backend[ \t]++[\w-]++[ \t]*+\{", re.MULTILINE)
_INNER = expression(r"^[ \t]*+(?:\.host[ \t]*=|sub[ \t]++vcl_\w++|import[ \t]++\w++)", re.MULTILINE)


def settings(text: str, path: str) -> Iterator[Setting]:
    """`.connect_timeout = 1s;` inside `backend name { }`, and `set bereq.connect_timeout = 1s;` inside a subroutine."""
    blocks: list[tuple[str, ...]] = []
    words: list[str] = []
    line, at, begin = 1, 0, 1
    for token in _TOKEN.finditer(text):
        line, at = line + text.count("\n", at, token.start()), token.start()
        word = token[0]
        if word.startswith(("#", "//", "/*")):
            continue
        begin = begin if words else line
        if word == "{":
            blocks = [*blocks, tuple(words)][:64]
            words = []
        elif word in "};":
            if word == ";" and blocks:
                yield from _set(words, blocks, Place(path, begin))
            del blocks[len(blocks) - (word == "}") :]
            words = []
        elif len(words) < 16:
            words.append(word)


def _set(words: list[str], blocks: list[tuple[str, ...]], at: Place) -> Iterator[Setting]:
    """One assignment: name, '=', length."""
    if len(words) < 3 or words[-2] != "=":
        return
    name, length_s = words[-3], seconds(words[-1])
    bare = name.removeprefix("bereq.").removeprefix(".")
    if length_s is None or bare not in TIMERS:
        return
    outer = blocks[0]
    if name == f".{bare}" and len(blocks) == 1 and outer[:1] == ("backend",) and len(outer) == 2:
        yield Setting("varnish", bare, (TIMERS[bare],), at, length_s, scope=f"backend {outer[1]}", group=outer[1])
    elif name == f"bereq.{bare}" and words[0] == "set" and outer[:1] == ("sub",):
        yield Setting("varnish", name, (TIMERS[bare],), at, length_s, scope=" ".join(outer)[:200])


def _read(evidence: EvidenceFile) -> Reading:
    found = tuple(islice(settings(content(evidence), evidence.path), MAX_SETTINGS))
    return Reading(Input(evidence.path, KIND, Source.CONFIGURATION if found else None, len(found)), found)


def fit(head: bytes) -> float:
    """The version or a backend, and what stands in none but VCL."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    return 0.85 if _HEAD.search(text) and _INNER.search(text) else 0.0


READER = Reader(KIND, fit, _read)
