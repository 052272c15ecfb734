"""The text report: plain lines that survive a pipe, readable on 80 columns at three in the morning."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

from why502.reports.text import answer, background, chain, suspects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from why502.model.verdict import Diagnosis

UNWRAPPED_COLUMNS = 1 << 14
"""Without a width nothing is wrapped, so that `grep` finds whole sentences."""


def render(diagnosis: Diagnosis, *, width: int | None, color: bool) -> str:
    """The report, wrapped to `width` columns (None: one line a sentence)."""
    screen = io.StringIO()
    console = Console(
        file=screen,
        width=max(width, 40) if width else UNWRAPPED_COLUMNS,
        force_terminal=color,
        color_system="standard" if color else None,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in _parts(diagnosis):
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in screen.getvalue().split("\n")).rstrip("\n") + "\n"


def _parts(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    yield from answer.parts(diagnosis)
    yield from chain.parts(diagnosis)
    yield from suspects.parts(diagnosis)
    yield from background.parts(diagnosis)
