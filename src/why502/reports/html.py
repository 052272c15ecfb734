"""The report as one HTML file: no request to any network, readable with scripts off, fit to be printed.

Log lines are written by strangers: the template engine escapes every value, once, after `legible` made what hides
or reorders text visible. The only markup from outside the templates is the picture, which is drawn from numbers.
"""

from __future__ import annotations

from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from why502.model.case import Window
from why502.reports import ladder, phrases
from why502.reports.legible import legible
from why502.reports.phrases import count, epoch_s
from why502.reports.rollcall import KINDS, STATUSES, answers, missing, needs, or_else
from why502.reports.timeline import bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.verdict import Diagnosis, VerdictLine

MOST_ANSWERS = 20
MOST_LINES = 200
"""Rows of one table; JSON has them all."""

LIMIT_CHARACTERS = 4000
"""Of one value; a page has more room than a terminal."""

MOST_BARS = 160
MOST_BARS_NARROW = 60

FULL_BAR_BITS = 10.0
"""The weight at which an evidence bar is full: a thousand to one."""


def render(diagnosis: Diagnosis) -> str:
    """The page."""
    document = diagnosis.document
    verdicts = document.verdicts[:MOST_ANSWERS]
    return (
        _environment()
        .get_template("report.html")
        .render(
            document=document,
            title=document.verdicts[0].cause if document.verdicts else "no verdict",
            verdicts=verdicts,
            more_verdicts=_more(document.verdicts, MOST_ANSWERS, "more verdict"),
            undetermined=diagnosis.undetermined[:MOST_ANSWERS],
            defects=diagnosis.defects[:MOST_LINES],
            noticed=diagnosis.noticed[:MOST_LINES],
            chains=_chains(diagnosis, verdicts),
            suspects=_suspects(diagnosis),
            more_inputs=_more(document.inputs, MOST_LINES, "more input"),
            nothing_wrong=phrases.nothing_wrong(diagnosis),
            headline=phrases.headline(diagnosis),
            all_clear=phrases.is_all_clear(diagnosis),
            held=phrases.held(diagnosis)[:MOST_LINES],
            settled=phrases.settled(diagnosis),
            missing=missing(document),
            others=or_else(diagnosis),
            scope=lambda verdict: phrases.scope(verdict, document.failures),
            **_plots(diagnosis),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("why502.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals |= {
        "percent": phrases.percent,
        "bits": phrases.bits,
        "bar_percent": lambda bits: min(abs(bits) / FULL_BAR_BITS, 1.0) * 100,
        "gain": phrases.gain,
        "count": count,
        "moment": phrases.moment,
        "scope_of": phrases.scope_of,
        "span": phrases.span,
        "strongest": phrases.strongest,
        "statuses": STATUSES,
        "rungs": ladder.rungs,
        "height_px": ladder.height_px,
        "caption": ladder.caption,
        "needs": needs,
        "most_lines": MOST_LINES,
    }
    return environment


def _shown(value: object) -> object:
    """Every value on its way into the page; it is escaped afterwards."""
    return legible(value, LIMIT_CHARACTERS) if isinstance(value, str) and not isinstance(value, Markup) else value


def _more(items: Sequence[object], most: int, noun: str) -> str:
    return count(len(items) - most, noun) if len(items) > most else ""


def _suspects(diagnosis: Diagnosis) -> list[tuple[str, str, object]]:
    suspects = diagnosis.document.suspects
    return [(title, note, answers([s for s in suspects if s.kind == kind])) for kind, (title, note) in KINDS.items()]


def _chains(diagnosis: Diagnosis, verdicts: Sequence[VerdictLine]) -> list[tuple[str, object, object]]:
    """Of each verdict its name, its chain and its example conversation."""
    rows = zip_longest(verdicts, diagnosis.chains[: len(verdicts)], diagnosis.ladders[: len(verdicts)])
    return [(verdict.cause, links or (), drawn) for verdict, links, drawn in rows]


def _plots(diagnosis: Diagnosis) -> dict[str, Any]:
    """The picture twice, for wide and narrow screens, so that its letters are never scaled."""
    wide, length_s = bars(diagnosis.timeline, diagnosis.bucket_s, MOST_BARS)
    if not wide:
        return {"plots": {}, "marked": [], "bar_length": "", "plot_text": ""}
    from why502.reports import plot  # vl-convert takes 0.2 s to load: only a page with a picture pays

    narrow, narrow_s = bars(diagnosis.timeline, diagnosis.bucket_s, MOST_BARS_NARROW)
    marked = _marked(diagnosis.document.verdicts)
    return {
        "plots": {
            "wide": Markup(plot.svg(wide, length_s, marked, plot.WIDE)),  # noqa: S704 - drawn from numbers alone
            "narrow": Markup(plot.svg(narrow, narrow_s, marked, plot.NARROW)),  # noqa: S704 - drawn from numbers alone
        },
        "marked": marked,
        "bar_length": phrases.duration(length_s),
        "plot_text": f"{sum(b.by_proxy for b in wide):,} made by the proxy, {sum(b.by_target for b in wide):,} "
        "sent by the target",
    }


def _marked(verdicts: Sequence[VerdictLine]) -> list[Window]:
    spans = ((epoch_s(v.since), epoch_s(v.until)) for v in verdicts[:MOST_ANSWERS])
    return [Window(since, until) for since, until in spans if since is not None and until is not None]
