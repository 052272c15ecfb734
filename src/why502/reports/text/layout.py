"""The few shapes that the text report is made of. Everything is `Text`: markup in a log line stays what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from why502.model.expressions import expression
from why502.reports.legible import legible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

LABEL_COLUMNS = 9
COMMAND_CHARACTERS = 4000
"""A command is of no use if its end is missing."""
PROMPT = "$ "
GOES_ON = "\\"
_WORDS = expression(r"(?:'[^']*'|\"[^\"]*\"|[^\s'\"])+|\S+")
"""Of a shell's line; what its quotes do not close is taken as it stands."""


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


class Command:
    """A command to copy; one that has several lines keeps them.

    Where it is too long for the screen it goes on as a shell wants it, so that all of it can be pasted.
    """

    def __init__(self, text: str) -> None:
        self._lines = [legible(line, COMMAND_CHARACTERS) for line in text.splitlines()]

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._lines:
            broken = continued(line, options.max_width - len(PROMPT))
            yield join(Text(PROMPT, "dim"), Text(f"\n{' ' * len(PROMPT)}".join(broken), "bold cyan"))

    def __rich_measure__(self, _: Console, options: ConsoleOptions) -> Measurement:
        longest = max((len(line) for line in self._lines), default=0) + len(PROMPT)
        return Measurement(min(options.max_width, longest), min(options.max_width, longest))


def continued(line: str, columns: int) -> list[str]:
    r"""A line of shell in pieces of at most so many columns, where its words allow: all but the last end with a
    backslash. What is quoted stays whole.

    >>> continued("tcpdump -w a.pcap 'tcp port 80'", 20)
    ['tcpdump -w a.pcap \\', "'tcp port 80'"]
    """
    if len(line) <= columns:
        return [line]
    pieces: list[str] = []
    for word in _WORDS.findall(line):
        if pieces and len(pieces[-1]) + len(word) + len(" " + GOES_ON) < columns:
            pieces[-1] += f" {word}"
        else:
            pieces.append(word)
    return [*(f"{piece} {GOES_ON}" for piece in pieces[:-1]), *pieces[-1:]]


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
