"""What the answer rests on: the failures in numbers and over time, and what became of each input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from why502.reports.legible import legible
from why502.reports.phrases import count, roughly, span
from why502.reports.text.layout import heading, indented, join, plain, rows
from why502.reports.text.places import shared_folder
from why502.reports.timeline import bars

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from why502.model.verdict import Diagnosis, InputLine

LABEL_COLUMNS = 15
SPARK_COLUMNS = 60
SPARKS = " ▁▂▃▄▅▆▇█"
MOST_INPUTS = 30


def parts(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """Failures, then inputs."""
    yield from failures(diagnosis)
    yield from inputs(diagnosis)


def failures(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """In numbers and over time."""
    failures = diagnosis.document.failures
    if failures.total:
        of = f"in {count(failures.requests, 'request')}" if failures.requests else "(of how many requests is not told)"
        yield heading("Failures", f"{failures.total:,} {of}")
        counted = {"by status": failures.by_status, "made by": failures.by_side, "in phase": failures.by_phase}
        counts = [
            (Text(label), plain(_counts(numbers, failures.total)))
            for label, numbers in counted.items()
            if any(numbers.values())
        ]
        yield indented(rows(counts + _sparks(diagnosis), LABEL_COLUMNS))
        yield from (indented(plain(sentence)) for sentence in diagnosis.noticed)


def inputs(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """What became of each."""
    folder = shared_folder(diagnosis)
    yield heading("Inputs", f"in {legible(folder)}" if folder else "")
    for line in diagnosis.document.inputs[:MOST_INPUTS]:
        yield from _input(line, folder)
    if len(diagnosis.document.inputs) > MOST_INPUTS:
        yield Text(f"  {count(len(diagnosis.document.inputs) - MOST_INPUTS, 'more input')}: see --json", "dim")


def _counts(numbers: dict[str, int], total: int) -> str:
    """Those of which it is not told come last, so that all add up."""
    ordered = sorted(numbers.items(), key=lambda item: -item[1])
    rest = [("not told", total - sum(numbers.values()))]
    return "   ".join(f"{name} {number:,}" for name, number in (*ordered, *rest) if number > 0)


def _sparks(diagnosis: Diagnosis) -> list[tuple[Text, ...]]:
    shown, length_s = bars(diagnosis.timeline, diagnosis.bucket_s, SPARK_COLUMNS)
    if not shown:
        return []
    failed = diagnosis.document.failures.total
    most = max(max(b.by_proxy, b.by_target) for b in shown)
    if not most:
        return [(Text("over time"), Text("not drawn: no failure has a 5xx status", "dim"))] if failed else []
    left = failed - sum(b.by_proxy + b.by_target for b in shown)
    more = f"; {count(left, 'failure')} without a 5xx status not drawn" if left > 0 else ""
    return [
        (Text("5xx by proxy"), Text(_spark([b.by_proxy for b in shown], most), "red")),
        (Text("5xx by target"), Text(_spark([b.by_target for b in shown], most), "blue")),
        (Text(), Text(f"one column is {roughly(length_s)}, the highest is {most:,}{more}", "dim")),
    ]


def _spark(numbers: Sequence[int], most: int) -> str:
    """Whatever is not zero is seen."""
    top = len(SPARKS) - 1
    return "".join("." if number <= 0 else SPARKS[max(1, number * top // most)] for number in numbers)


def _input(line: InputLine, folder: str) -> Iterator[RenderableType]:
    times = f", {span(line.from_, line.to)}" if line.from_ or line.to else ""
    gaps = Text(f", {line.not_understood:,} not understood" if line.not_understood else "", "yellow")
    yield indented(plain(line.path.removeprefix(folder)))
    yield indented(join(plain(f"{line.kind}, {count(line.records, 'record')}{times}", "dim"), gaps), 4)
    yield from (indented(plain(misread.removeprefix(folder), "dim"), 6) for misread in line.first_not_understood)
