"""What `why502 host` shows: the listeners of this machine, worst first."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from why502.facts.backlog import Level
from why502.reports.legible import legible, legible_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from why502.facts.audit import Audit, Audited

SCHEMA: Final = "why502-host-audit/1"
FINE_SHOWN: Final = 40
"""Rows of listeners that are fine; all others are always shown."""
UNWRAPPED_COLUMNS: Final = 1 << 14
STYLES: Final = {Level.DROPPING: "bold red", Level.TOO_SMALL: "yellow", Level.FULL: "yellow", Level.DROPPED: "cyan"}


def render(audit: Audit, *, width: int | None, color: bool) -> str:
    """Table and summary, at most `width` columns (None: as wide as it needs)."""
    screen = io.StringIO()
    console = Console(
        file=screen,
        width=width or UNWRAPPED_COLUMNS,
        force_terminal=color,
        color_system="standard" if color else None,
        markup=False,
        highlight=False,
        emoji=False,
    )
    for part in (_table(audit), *_summary(audit)):
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in screen.getvalue().splitlines())


def render_json(audit: Audit) -> str:
    """One document; every listener with everything that is known about it."""
    document = {
        "schema": SCHEMA,
        **msgspec.to_builtins(audit),
        "counts": {
            "wrong": len(audit.wrong),
            "at_risk": len(audit.at_risk),
            "fine": len(audit.fine),
            "unseen": len(audit.unseen),
        },
    }
    return legible_json(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def _table(audit: Audit) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("LISTENER", overflow="fold")
    table.add_column("WHERE", overflow="fold")
    table.add_column("PROCESS", overflow="fold")
    for name in ("BACKLOG", "SOMAXCONN", "QUEUE", "DROPS"):
        table.add_column(name, justify="right")
    table.add_column("VERDICT", overflow="fold")
    for audited in _shown(audit):
        table.add_row(*_row(audited))
    return table


def _shown(audit: Audit) -> tuple[Audited, ...]:
    quiet = sum(audited.risk.level is Level.FINE for audited in audit.listeners)
    return audit.listeners[: len(audit.listeners) - max(0, quiet - FINE_SHOWN)]


def _row(audited: Audited) -> Iterator[Text]:
    listener, namespace, level = audited.listener, audited.namespace, audited.risk.level
    yield Text(legible(listener.address))
    yield Text(legible(_where(audited)))
    yield Text(_owner(audited))
    yield Text(str(listener.backlog))
    yield Text(_number(namespace.somaxconn if namespace else None))
    yield Text(_queue(audited))
    grown = f" (+{audited.drops_grown})" if audited.drops_grown else ""
    yield Text(_number(listener.drops) + grown)
    yield Text(level.value, STYLES.get(level, ""))


def _where(audited: Audited) -> str:
    container = next((process.container for process in audited.processes if process.container), None)
    return container or (audited.namespace.name if audited.namespace else None) or "host"


def _owner(audited: Audited) -> str:
    if not audited.listener.pids:
        return "?"
    if not audited.processes:
        return str(audited.listener.pids[0])
    first, *others = audited.processes
    return f"{legible(first.name)} {first.pid}" + (f" +{len(others)}" if others else "")


def _queue(audited: Audited) -> str:
    now, peak = audited.listener.queue_len, audited.listener.queue_len_max or 0
    return f"{now} (max {peak})" if peak > now else str(now)


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)


def _summary(audit: Audit) -> Iterator[RenderableType]:
    yield Text("")
    for audited in audit.wrong:
        yield _sentence("wrong", "bold red", audited)
    for audited in audit.at_risk:
        yield _sentence("at risk", "yellow", audited)
    for audited in audit.fine:
        if audited.risk.level is Level.DROPPED:
            yield _sentence("note", "cyan", audited)
    if fine := len(audit.fine):
        hidden = len(audit.listeners) - len(_shown(audit))
        yield _line("fine", "green", f"{fine} listeners" + (f", {hidden} of them not shown above" if hidden else ""))
    if not audit.listeners:
        yield _line("fine", "green", "nothing listens here")
    for unseen in audit.unseen:
        yield _line("could not be seen", "magenta", f"{unseen.what}: {unseen.why}")


def _sentence(label: str, style: str, audited: Audited) -> Text:
    return _line(label, style, f"{audited.listener.address} ({_owner(audited)}): {audited.risk.why}")


def _line(label: str, style: str, text: str) -> Text:
    return Text.assemble((f"{label}: ", style), legible(text))
