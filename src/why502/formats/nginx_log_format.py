"""Reads an access log by nginx's own `log_format`: the variables become the groups of one pattern.

The pattern takes time linear in the line. A value reaches to the literal text that follows it; nginx escapes quotes in
values, and the values that hold blanks by nature (times, request lines, lists of attempts) have patterns of their own.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from why502.errors import Why502Error
from why502.formats import nginx_variables
from why502.formats.fitting import share
from why502.formats.interface import LogFormat
from why502.model.evidence import Place, Source
from why502.model.expressions import expression

if TYPE_CHECKING:
    from why502.model.requests import Request

KIND = "nginx-custom-log"

MAX_CHARACTERS = 16_384
"""Longer formats are nobody's."""

_VARIABLE = expression(r"\$(?:\{(\w{1,64})\}|(\w{1,64}))", re.ASCII)

BLANKS_BY_NATURE = {
    "time_local": r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}",
    "time_iso8601": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d|Z)",
    "request": r"(?:[A-Z][A-Z_-]{0,31} \S{1,16384} HTTP/\d(?:\.\d)?|-|\S{0,4096})",
    "status": r"\d{3}",
}
"""Variable -> what it looks like where nothing but a blank ends it."""


def compiled(text: str, name: str = "--log-format") -> LogFormat:
    """The format as a reader of lines; a `Why502Error` says why it cannot be one."""
    if len(text) > MAX_CHARACTERS:
        raise Why502Error(
            "cannot read a log format", where=name, why=f"it is longer than {MAX_CHARACTERS:,} characters"
        )
    names, pattern = _pattern(text)
    if "status" not in names:
        raise Why502Error(
            "cannot read a log format",
            where=name,
            why="it has no $status",
            hint="give the text of nginx's log_format, e.g. '$remote_addr [$time_local] \"$request\" $status'",
        )
    line = re.compile(pattern, re.ASCII | re.DOTALL)
    return LogFormat(KIND, Source.ACCESS_LOG, partial(_fit, line), partial(_parse, line, tuple(names)), family="nginx")


def _pattern(text: str) -> tuple[list[str], str]:
    """The variables in order, and the pattern with one group for each."""
    names: list[str] = []
    parts: list[str] = []
    found = list(_VARIABLE.finditer(text))
    end = 0
    for index, variable in enumerate(found):
        parts.append(re.escape(text[end : variable.start()]))
        following = found[index + 1].start() if index + 1 < len(found) else len(text)
        end = variable.end()
        name = variable[1] or variable[2]
        names.append(name)
        parts.append(f"({_value(name, text[end:following])})")
    parts.append(re.escape(text[end:]))
    return names, "".join(parts)


def _value(name: str, following: str) -> str:
    """What a variable may hold in front of this literal text."""
    if following.startswith('"'):
        return r'(?:[^"\\]|\\.)*+'
    if name.startswith("upstream_"):
        item = rf"[^\s,{re.escape(following[:1])}]+"
        return rf"(?:{item}(?:(?:, | : ){item})*+)?+"
    if name in BLANKS_BY_NATURE:
        return BLANKS_BY_NATURE[name]
    if not following:
        return r".*+"
    return rf"[^{re.escape(following[0])}]*+"


def _parse(line: re.Pattern[str], names: tuple[str, ...], text: str, at: Place) -> Request | str:
    found = line.fullmatch(text)
    if not found:
        return "not the fields of the given log_format"
    return nginx_variables.request(dict(zip(names, found.groups(""), strict=True)), at)


def _fit(line: re.Pattern[str], lines: list[str]) -> float:
    return share(lines, line.fullmatch)
