"""The text report: plain lines that survive a pipe, readable on 80 columns at three in the morning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.reports.screen import drawn
from why502.reports.text import answer, background, chain, suspects
from why502.reports.text.places import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from why502.model.verdict import Diagnosis


def render(diagnosis: Diagnosis, *, width: int | None, color: bool) -> str:
    """The report, wrapped to `width` columns (None: one line a sentence, and places in full length)."""
    return drawn(_parts(shortened(diagnosis, elide=width is not None)), width=width, color=color)


def _parts(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    yield from answer.parts(diagnosis)
    yield from chain.parts(diagnosis)
    yield from suspects.parts(diagnosis)
    yield from background.parts(diagnosis)
