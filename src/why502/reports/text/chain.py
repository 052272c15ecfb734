"""The chain from a failed request to what caused it, and the evidence that did not fit on the first screen."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from why502.reports.phrases import count, settled, strongest
from why502.reports.text.answer import (
    FIRST_EVIDENCE,
    FIRST_REMEDIES,
    FIRST_STEPS,
    MOST_ANSWERS,
    evidence,
    remedies,
    steps,
)
from why502.reports.text.layout import heading, indented, join, placed, plain, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from why502.model.verdict import Diagnosis, Link, VerdictLine

NAME_COLUMNS = 12
MOST_EVIDENCE = 20


def parts(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """Chain, further evidence and further remedies of each verdict; then the checks that were not shown yet."""
    verdicts = diagnosis.document.verdicts[:MOST_ANSWERS]
    for verdict, links in zip_longest(verdicts, diagnosis.chains[: len(verdicts)]):
        name = f"of {verdict.cause}" if len(verdicts) > 1 else ""
        if links:
            yield heading("Chain, from the failed request to what caused it", name)
            yield indented(rows(((plain(link.name), _link(link)) for link in links), NAME_COLUMNS))
        yield from _more(verdict, name)
    if more := diagnosis.document.next_steps[0 if settled(diagnosis) else FIRST_STEPS :]:
        yield heading("Checks that would tell more")
        yield indented(Group(*steps(more)))


def _link(link: Link) -> Text:
    return placed(link.text, link.at) if link.at else join(Text("missing: ", "yellow"), plain(link.text))


def _more(verdict: VerdictLine, name: str) -> Iterator[RenderableType]:
    if rest := strongest(verdict.evidence, FIRST_EVIDENCE)[1]:
        yield heading("Further evidence", name)
        yield indented(evidence(rest[:MOST_EVIDENCE]))
        if len(rest) > MOST_EVIDENCE:
            yield Text(f"  {count(len(rest) - MOST_EVIDENCE, 'more line')}: see --json", "dim")
    if more := verdict.remedies[FIRST_REMEDIES:]:
        yield heading("Further remedies", name)
        yield indented(Group(*remedies(more)))
