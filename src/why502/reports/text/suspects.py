"""Every suspect and its answer; a suspect that was not examined is not a suspect that was cleared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.text import Text

from why502.reports.phrases import percent
from why502.reports.rollcall import KINDS, STATUSES, answers, needs
from why502.reports.text.layout import heading, indented, join, plain, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from why502.model.verdict import Diagnosis, Status, SuspectLine
    from why502.reports.rollcall import Answered

NAME_COLUMNS = 23
PROBABILITY_COLUMNS = 6
STYLES: Final[dict[Status, str]] = {
    "convicted": "bold red",
    "suspected": "yellow",
    "cleared": "green",
    "not-applicable": "bold",
    "not-examined": "bold",
}


def parts(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """Faults exclude each other, conditions do not: they are two lists."""
    for kind, (title, note) in KINDS.items():
        yield from _list(title, note, [s for s in diagnosis.document.suspects if s.kind == kind])


def _list(title: str, note: str, suspects: Sequence[SuspectLine]) -> Iterator[RenderableType]:
    groups = answers(suspects)
    if groups:
        yield heading(title, note)
    for status, group in groups:
        yield join("  ", Text(STATUSES[status], STYLES[status]))
        single = [answer for answer in group if len(answer.causes) == 1]
        yield indented(rows(map(_row, single), NAME_COLUMNS, PROBABILITY_COLUMNS), 4)
        yield from (_gathered(answer) for answer in group if len(answer.causes) > 1)


def _row(answer: Answered) -> tuple[Text, ...]:
    sure = Text("" if answer.probability is None else percent(answer.probability), justify="right")
    return plain(answer.causes[0]), sure, _why(answer)


def _gathered(answer: Answered) -> Group:
    return Group(indented(plain(", ".join(answer.causes)), 4), indented(_why(answer), 6))


def _why(answer: Answered) -> Text:
    return join(plain(answer.why), plain(needs(answer), "dim"))
