"""What `why502 logs` shows: failures in tables and bars, when they began and ended, and what they keep to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs
from rich.table import Table
from rich.text import Text

from why502.model.traffic import MAX_TARGETS
from why502.reports.legible import legible
from why502.reports.logs_sentences import change_sentences, pattern_sentences, trend_sentences
from why502.reports.phrases import count, listing, percent
from why502.reports.screen import drawn
from why502.reports.text import background
from why502.reports.text.layout import heading, indented, plain
from why502.reports.text.places import shared_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from why502.facts.logs import LogSummary, Tally
    from why502.model.traffic import FailureKind, TargetTraffic
    from why502.model.verdict import Diagnosis

ROWS_SHOWN: Final = 12
FEW_ROWS: Final = 5
"""Where failures keep to no value, more rows say nothing."""
BAR_COLUMNS: Final = 24
WIDE: Final = 100
"""Columns of a terminal from which on the widest table has room for bars."""
TARGETS_NOTE: Final = "CONNECT, WAIT: medians; p99: of WAIT; RESENT: connects that took as long as a repeated SYN"
EIGHTHS: Final = " ▏▎▍▌▋▊▉█"


def render(summary: LogSummary, diagnosis: Diagnosis, *, width: int | None, color: bool) -> str:
    """The whole view, at most `width` columns (None: as wide as it needs)."""
    return drawn(_parts(summary, diagnosis, width), width=width, color=color)


def _parts(summary: LogSummary, diagnosis: Diagnosis, width: int | None) -> Iterator[RenderableType]:
    folder = shared_folder(diagnosis)
    if summary.traffic.failures_total:
        yield from background.failures(structs.replace(diagnosis, noticed=()))
        yield from _section("When it failed", trend_sentences(summary))
        yield from _section("What stands out", pattern_sentences(summary), folder)
        if summary.changes is not None:
            title = f"Changes, and failures of the {summary.changes.side}"
            yield from _section(title, change_sentences(summary.changes), folder)
        yield from _tables(summary, width)
    else:
        yield Text(f"No failure in {count(summary.traffic.requests, 'request')}.", "bold green")
        yield from _section("What stands out", pattern_sentences(summary), folder)
    yield from background.inputs(diagnosis)
    if diagnosis.document.verdicts:
        yield Text("")
    for verdict in diagnosis.document.verdicts:
        yield Text.assemble(
            "why502 diagnose says: ",
            (verdict.cause, "bold"),
            f", {percent(verdict.probability)}, {count(verdict.failures, 'failure')}",
            legible(f" at {listing(verdict.targets)}" if verdict.targets else ""),
        )
    if diagnosis.undetermined:
        failures = sum(u.failures for u in diagnosis.undetermined)
        yield Text(f"\nnot determined from this: {count(failures, 'failure')}; why502 diagnose says what to check next")


def _section(title: str, sentences: Iterable[str], folder: str = "") -> Iterator[RenderableType]:
    """Places in sentences are said as seen from the folder that all inputs share."""
    told = [sentence.replace(f"[{folder}", "[") if folder else sentence for sentence in sentences]
    if told:
        yield heading(title)
        yield from (indented(plain(sentence)) for sentence in told)


def _tables(summary: LogSummary, width: int | None) -> Iterator[RenderableType]:
    yield heading("How they failed")
    yield indented(_kinds(summary.traffic.kinds))
    targets = summary.traffic.targets
    if targets:
        yield heading("Targets", "; ".join(part for part in (_more(targets), TARGETS_NOTE) if part))
        yield indented(_targets(targets, 0 if width and width < WIDE else BAR_COLUMNS // 2))
    sample = summary.traffic.sample
    drawn = len(sample.failed) < sample.failed_total or len(sample.others) < sample.others_total
    note = f"in a sample of {len(sample.failed):,} failures and {len(sample.others):,} other requests" if drawn else ""
    edges = any(d.name == "edge location" and d.values for d in summary.dimensions)
    for title, names, tallies in (
        ("Clients", {"client"}, summary.clients),
        ("Paths", {"path"}, summary.paths),
        ("Edge locations" if edges else "Balancer nodes", {"edge location", "balancer node"}, summary.nodes),
    ):
        telling = any(d.found for d in summary.dimensions if d.name in names)
        yield from _tallied(title, note, tallies, ROWS_SHOWN if telling else FEW_ROWS)


def _tallied(title: str, note: str, tallies: Sequence[Tally], most: int) -> Iterator[RenderableType]:
    """As a table, or in one line if there is only one value."""
    if len(tallies) == 1:
        yield heading(title, f"all failures: {legible(tallies[0].value, limit=80)}")
    elif tallies:
        more = f"the first {most}" if len(tallies) > most else ""
        yield heading(title, ", ".join(part for part in (more, note) if part))
        yield indented(_tallies(tallies[:most]))


def _more(rows: Sequence[object]) -> str:
    more = " or more" if len(rows) >= MAX_TARGETS else ""
    return f"those that failed most of {len(rows):,}{more}" if len(rows) > ROWS_SHOWN else ""


def _table(*columns: str) -> Table:
    """Names of numbers begin with '#': they stand on the right."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name.removeprefix("#"), justify="right" if name.startswith("#") else "left", overflow="fold")
    return table


def _kinds(kinds: Sequence[FailureKind]) -> Table:
    """Over all targets: who made it, in which phase and manner, with which status."""
    counts: dict[tuple[str, str, str, str], int] = {}
    for kind in kinds:
        status = "not told" if kind.status is None else str(kind.status)
        key = kind.side or "not told", kind.phase.value, kind.manner.value, status
        counts[key] = counts.get(key, 0) + kind.failures
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    table = _table("#FAILURES", "", "MADE BY", "PHASE", "MANNER", "STATUS")
    for key, failures in ordered[:ROWS_SHOWN]:
        table.add_row(f"{failures:,}", _bar(failures, ordered[0][1]), *key)
    return table


def _targets(targets: Sequence[TargetTraffic], bar_columns: int) -> Table:
    worst = sorted(targets, key=lambda t: (-t.failed, -t.requests, t.target))[:ROWS_SHOWN]
    table = _table("TARGET", "#FAILED", "", "#REQUESTS", "#RATE", "#CONNECT", "#WAIT", "#p99", "#RESENT")
    for t in worst:
        table.add_row(
            legible(t.target),
            f"{t.failed:,}",
            _bar(t.failed, worst[0].failed, bar_columns),
            f"{t.requests:,}",
            _rate(t.failed, t.requests),
            *(_seconds(s) for s in (t.connect_median_s, t.wait_median_s, t.wait_p99_s)),
            f"{t.delayed_connects_total:,}" if t.timed_connects else "?",
        )
    return table


def _tallies(tallies: Sequence[Tally]) -> Table:
    table = _table("", "#BY PROXY", "", "#BY TARGET", "#NOT FAILED")
    most = max(t.by_gateway for t in tallies)
    for t in tallies:
        bar = _bar(t.by_gateway, most)
        table.add_row(legible(t.value, limit=80), f"{t.by_gateway:,}", bar, f"{t.by_target:,}", f"{t.others:,}")
    return table


def _bar(number: int, most: int, columns: int = BAR_COLUMNS) -> Text:
    """To an eighth of a column; whatever is not zero is seen."""
    eighths = max(1, number * columns * 8 // most) if number and most and columns else 0
    return Text("█" * (eighths // 8) + EIGHTHS[eighths % 8].strip(), "red")


def _rate(failed: int, requests: int) -> str:
    return f"{failed / requests:.3%}".replace("%", " %") if requests else "?"


def _seconds(value_s: float | None) -> str:
    if value_s is None:
        return "?"
    return f"{value_s * 1000:.3g} ms" if value_s < 1 else f"{value_s:.3g} s"
