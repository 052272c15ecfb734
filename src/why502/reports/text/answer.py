"""The first screen: the answer, how sure it is, why, what to do, what to check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from why502.reports.phrases import (
    bits,
    count,
    gain,
    headline,
    held,
    is_all_clear,
    nothing_wrong,
    percent,
    scope,
    scope_of,
    settled,
    strongest,
)
from why502.reports.rollcall import missing, or_else
from why502.reports.text.layout import Command, indented, join, labelled, placed, plain, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from why502.model.verdict import (
        Because,
        Diagnosis,
        EvidenceLine,
        Failures,
        NextStep,
        Remedy,
        SuspectLine,
        Undetermined,
        VerdictLine,
    )

FIRST_EVIDENCE = 3
FIRST_REMEDIES = 2
FIRST_STEPS = 2
WEIGHT_COLUMNS = 10
MOST_ANSWERS = 10
"""Verdicts that are shown; JSON has them all."""


def parts(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """What the reader sees before scrolling."""
    for number, part in enumerate(_answers(diagnosis)):
        yield Group("", part) if number else part
    if not settled(diagnosis) and diagnosis.document.next_steps:
        yield labelled([("check", steps(diagnosis.document.next_steps[:FIRST_STEPS]))])
    if diagnosis.defects:
        yield Text("\nA judge crashed, and cleared nobody. This is a defect of why502; please report:", "bold red")
        yield from (indented(plain(defect)) for defect in diagnosis.defects)


def _answers(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    document = diagnosis.document
    if nothing_wrong(diagnosis):
        yield _nothing_wrong(diagnosis)
    elif not document.verdicts and not diagnosis.undetermined:
        yield Text(f"{count(document.failures.total, 'failure')} found, cause not determined", "bold yellow")
    others = or_else(diagnosis)
    yield from (_verdict(v, document.failures, others) for v in document.verdicts[:MOST_ANSWERS])
    if len(document.verdicts) > MOST_ANSWERS:
        yield f"{count(len(document.verdicts) - MOST_ANSWERS, 'more verdict')}: see --json"
    yield from (_undetermined(u) for u in diagnosis.undetermined[:MOST_ANSWERS])


def _verdict(verdict: VerdictLine, failures: Failures, others: Sequence[SuspectLine]) -> Group:
    either = [join(plain(s.cause, "bold"), Text(f", {percent(s.probability or 0.0)}", "dim")) for s in others]
    sections: list[tuple[str, Iterable[RenderableType]]] = [
        ("or else", either),
        ("because", [_because(b) for b in verdict.because]),
        ("evidence", [evidence(strongest(verdict.evidence, FIRST_EVIDENCE)[0])]),
        ("to do", remedies(verdict.remedies[:FIRST_REMEDIES])),
    ]
    return Group(
        join(plain(verdict.cause, "bold red"), Text(f", {percent(verdict.probability)} sure", "bold")),
        plain(verdict.summary),
        plain(scope(verdict, failures), "dim"),
        "",
        labelled(sections),
    )


def _because(because: Because) -> Text:
    issue = plain(f" (known issue: {because.known_issue})" if because.known_issue else "")
    return join(plain(because.condition, "bold"), ": ", plain(because.text), issue)


def evidence(lines: Iterable[EvidenceLine]) -> Table:
    """Observations, each with its weight and its place."""
    return rows(((_weight(line), placed(line.text, line.at)) for line in lines), WEIGHT_COLUMNS)


def _weight(line: EvidenceLine) -> Text:
    return join(Text(bits(line.bits), "green" if line.says == "for" else "red"), Text(" bits", "dim"))


def remedies(found: Iterable[Remedy]) -> Iterator[RenderableType]:
    """What to do, each with its command below."""
    for remedy in found:
        yield join(plain(remedy.text), Text("" if remedy.permanent else " It lasts until the next restart.", "dim"))
        if remedy.command:
            yield Command(remedy.command)


def steps(found: Iterable[NextStep]) -> Iterator[RenderableType]:
    """Checks, each with its reason below."""
    for step in found:
        yield Command(step.command)
        yield join(plain(step.why), Text(f" ({gain(step.gain_bits)})", "dim"))


def _undetermined(cluster: Undetermined) -> Group:
    likeliest = [join(plain(cause), Text(f", {percent(p)}", "dim")) for cause, p in cluster.likeliest]
    return Group(
        Text("cause not determined", "bold yellow"),
        plain(cluster.text),
        plain(scope_of(cluster), "dim"),
        labelled([("likeliest", likeliest)]),
    )


def _nothing_wrong(diagnosis: Diagnosis) -> Group:
    document = diagnosis.document
    kinds = sorted({line.kind for line in document.inputs if line.records})
    looked = f"{', '.join(kinds) or 'nothing'}; {count(document.failures.requests, 'request')}"
    holding = [join(plain(s.cause, "bold"), ": ", plain(s.why)) for s in held(diagnosis)]
    sections: list[tuple[str, Iterable[RenderableType]]] = [
        ("looked at", [plain(looked)]),
        ("not seen", [plain(", ".join(missing(document)) or "nothing missing")]),
        ("but", [*holding, *map(plain, diagnosis.noticed)]),
    ]
    style = "bold green" if is_all_clear(diagnosis) else "bold yellow"
    return Group(Text(headline(diagnosis), style), labelled(sections))
