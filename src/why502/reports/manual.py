"""The manual: one page a cause, and the list of causes.

A page is a module docstring, plain text with headings underlined by dashes: also what a pipe gets. On a terminal
it is drawn as Markdown, which such headings are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from rich.markdown import Heading, Markdown
from rich.text import Text

from why502.reports.rollcall import KINDS
from why502.reports.screen import drawn
from why502.reports.text.layout import heading, indented, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

NAME_COLUMNS = 27


class Entry(Struct, frozen=True):
    """A cause in the list."""

    name: str
    kind: str
    title: str


class _Heading(Heading):
    """At the left and bold, where Rich centres and underlines."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.text.plain, "bold")


class _Page(Markdown):
    elements: ClassVar = {**Markdown.elements, "heading_open": _Heading}


def page(text: str, *, width: int | None, color: bool) -> str:
    """A manual page; `width` None: as it stands in the source."""
    if width is None:
        return text
    return drawn([_Page(text)], width=width, color=color)


def contents(entries: Sequence[Entry], *, width: int | None, color: bool) -> str:
    """All causes by kind."""
    parts: list[RenderableType] = []
    for kind, (title, note) in KINDS.items():
        lines = ((Text(entry.name, "bold"), Text(entry.title)) for entry in entries if entry.kind == kind)
        parts += [heading(title, note), indented(rows(lines, NAME_COLUMNS))]
    return drawn([*parts, "", "why502 explain CAUSE prints its page."], width=width, color=color)
