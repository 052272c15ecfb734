"""The few shapes that the text report is made of. Everything is `Text`: markup in a log line stays what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from why502.reports.legible import legible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

LABEL_COLUMNS = 9
COMMAND_CHARACTERS = 4000
"""A command is of no use if its end is missing."""


def plain(text: str, style: str = "") -> Text:
    """A stranger's text."""
    return Text(legible(text), style)


def join(*parts: str | Text) -> Text:
    """One line of several styles.

    >>> join("a ", plain("b")).plain
    'a b'
    """
    return Text().join(part if isinstance(part, Text) else Text(part) for part in parts)


def heading(text: str, note: str = "") -> Text:
    return join("\n", Text(text, "bold"), Text(f"  {note}" if note else "", "dim"))


def placed(text: str, at: str) -> Text:
    """A sentence, and where to find what it says."""
    return join(plain(text), " ", plain(f"[{at}]", "dim")) if at else plain(text)


def command(text: str) -> Text:
    """A command to copy; one that has several lines keeps them."""
    lines = (legible(line, COMMAND_CHARACTERS) for line in text.splitlines())
    return Text("\n").join(join(Text("$ ", "dim"), Text(line, "bold cyan")) for line in lines)


def labelled(rows: Iterable[tuple[str, Iterable[RenderableType]]]) -> Table:
    """Labels on the left, what they say on the right; a label stands once."""
    table = grid(LABEL_COLUMNS)
    for label, cells in rows:
        for number, cell in enumerate(cells):
            table.add_row(Text("" if number else label, "dim"), cell)
    return table


def grid(*columns: int) -> Table:
    """A table without lines; `columns` are the widths of all but the last column, which takes the rest."""
    table = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    for width in columns:
        table.add_column(width=width, overflow="fold")
    table.add_column(overflow="fold")
    return table


def rows(content: Iterable[tuple[Text, ...]], *columns: int) -> Table:
    table = grid(*columns)
    for row in content:
        table.add_row(*row)
    return table


def indented(content: RenderableType, columns: int = 2) -> Padding:
    return Padding(content, (0, 0, 0, columns), expand=False)
