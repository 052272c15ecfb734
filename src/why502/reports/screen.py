"""What is drawn with Rich, as text: the same settings for every command."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

UNWRAPPED_COLUMNS: Final = 1 << 14
"""Without a width nothing is wrapped, so that `grep` finds whole sentences."""
LEAST_COLUMNS: Final = 40
"""Narrower than this a table is no table any more; the terminal wraps it then."""


def drawn(parts: Iterable[RenderableType], *, width: int | None, color: bool) -> str:
    """The parts one below the other, at most `width` columns (None: as wide as they need), no blanks at the ends
    of lines, no empty lines around the whole. Nothing in a string is read as markup: it may come from a log.
    """
    screen = io.StringIO()
    console = Console(
        file=screen,
        width=max(width, LEAST_COLUMNS) if width else UNWRAPPED_COLUMNS,
        force_terminal=color,
        color_system="standard" if color else None,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in screen.getvalue().split("\n")).strip("\n") + "\n"
