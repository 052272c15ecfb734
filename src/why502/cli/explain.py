"""`why502 explain`."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click

from why502.cli import output
from why502.cli.exits import EXIT_STATUSES
from why502.errors import Why502Error

if TYPE_CHECKING:
    from why502.reports.manual import Entry


@click.command("explain", epilog=EXIT_STATUSES)
@click.argument("cause", required=False)
def command(cause: str | None) -> None:
    """Print the manual page of a cause; without CAUSE, list them all.

    \b
    Examples:
      why502 explain
      why502 explain accept-queue-overflow
    """  # noqa: D301 - click wants the backspace character itself
    from why502.reports import manual

    entries = _entries()
    if cause is None:
        output.show(manual.contents(entries, width=output.width(), color=output.color()))
    else:
        page = _page(cause.lower().replace("_", "-"), entries)
        output.show(manual.page(page, width=output.width(), color=output.color()))


def _entries() -> list[Entry]:
    from why502.reports.manual import Entry
    from why502.suspects import all_suspects

    return [Entry(suspect.name, suspect.kind.value, suspect.title) for suspect in all_suspects()]


def _page(cause: str, entries: list[Entry]) -> str:
    from why502.suspects import manual_page

    found = next((entry for entry in entries if entry.name == cause), None)
    if found is None:
        raise _unknown(cause, [entry.name for entry in entries])
    return manual_page(cause)


def _unknown(cause: str, names: list[str]) -> Why502Error:
    near = difflib.get_close_matches(cause, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "why502 explain lists them all"
    return Why502Error("no such cause", where=cause, hint=hint)
