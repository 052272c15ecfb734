"""What `nginx -T` prints: every file of the configuration, one after the other (nginx.c, `ngx_dump_config`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.model.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SECTIONS: Final = 4096

_BEGIN = expression(r"^# configuration file (/[^\n]{1,4096}):\r?$", re.MULTILINE)


class Section(NamedTuple):
    """One file of a configuration."""

    path: str
    """Of the evidence that it stands in..."""
    name: str
    """...and as what it is included: the same path, or one below it."""
    text: str
    before: int
    """Lines of the evidence before its first."""


def sections(path: str, text: str) -> Iterator[Section]:
    """The files in it; a file that is no such print is its own."""
    marks = list(_BEGIN.finditer(text))[:MAX_SECTIONS]
    if not marks:
        yield Section(path, path, text, 0)
        return
    line, counted = 0, 0
    for mark, following in zip(marks, (*marks[1:], None), strict=True):
        line, counted = line + text.count("\n", counted, mark.end()), mark.end()
        body = text[mark.end() : following.start() if following else len(text)]
        yield Section(path, f"{path}/{mark[1].lstrip('/')}", body, line)
