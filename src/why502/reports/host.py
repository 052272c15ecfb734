"""What `why502 host` shows: the listeners of this machine, worst first, then everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import json
from rich.table import Table
from rich.text import Text

from why502.facts.backlog import Level
from why502.facts.surfaces.interface import State
from why502.model.words import count
from why502.reports.legible import legible, legible_json
from why502.reports.screen import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from why502.facts.audit import Audit, Audited, RecognisedIssue

SCHEMA: Final = "why502-host-audit/1"
FINE_SHOWN: Final = 40
"""Rows of listeners that are fine; all others are always shown."""
LIMITS: Final = ("somaxconn", "tcp_max_syn_backlog", "tcp_syncookies", "tcp_abort_on_overflow")
NAMES_SHOWN: Final = 4
STYLES: Final = {Level.DROPPING: "bold red", Level.TOO_SMALL: "yellow", Level.FULL: "yellow", Level.DROPPED: "cyan"}

STATES: Final = {State.WRONG: "bold red", State.AT_RISK: "yellow", State.NOTE: "cyan", State.FINE: "green"}


def render(audit: Audit, *, width: int | None, color: bool) -> str:
    """Table and summary, at most `width` columns (None: as wide as it needs)."""
    return drawn((_table(audit), *_summary(audit)), width=width, color=color)


def render_json(audit: Audit) -> str:
    """One document; every listener with everything that is known about it."""
    document = {
        "schema": SCHEMA,
        **{name: getattr(audit, name) for name in audit.__struct_fields__},
        "counts": {
            "wrong": len(audit.wrong),
            "at_risk": len(audit.at_risk),
            "fine": len(audit.fine),
            "unseen": len(audit.unseen),
        },
    }
    return legible_json(json.format(json.encode(document), indent=2).decode())


def _table(audit: Audit) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("LISTENER", overflow="fold")
    table.add_column("WHERE", overflow="fold")
    table.add_column("PROCESS", overflow="fold")
    table.add_column("SERVER", overflow="fold")
    table.add_column("KEEP-ALIVE", overflow="fold")
    for name in ("BACKLOG", "SOMAXCONN", "QUEUE", "CONNECTIONS", "DROPS"):
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
    yield Text(legible(listener.address) + (f" x{audited.sockets}" if audited.sockets > 1 else ""))
    yield Text(legible(_where(audited)))
    yield Text(_owner(audited))
    yield from (Text(legible(part)) for part in _server(audited))
    yield Text(str(listener.backlog))
    yield Text(_number(namespace.somaxconn if namespace else None))
    yield Text(_queue(audited))
    yield Text("?" if listener.connections is None else str(sum(listener.connections.values())))
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


def _server(audited: Audited) -> tuple[str, str]:
    """Name and version, and how long it keeps idle connections."""
    found = next((process.server for process in audited.processes if process.server), None)
    if found is None:
        return "?", "?"
    name = f"{found.name} {found.version or ''}".rstrip()
    return (f"{name} (installed, not seen running)", "?") if found.guessed else (name, found.keepalive or "?")


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
    yield from _issues(audit)
    yield from _limits(audit)
    yield from _rates(audit)
    for finding in audit.findings:
        where = f"{finding.where}: " if finding.where else ""
        yield _line(finding.state.value, STATES[finding.state], f"{finding.surface}: {where}{finding.text}")
    if fine := len(audit.fine):
        hidden = len(audit.listeners) - len(_shown(audit))
        yield _line(
            "fine", "green", count(fine, "listener") + (f", {hidden} of them not shown above" if hidden else "")
        )
    if not audit.listeners:
        yield _line("fine", "green", "nothing listens here")
    for unseen in audit.unseen:
        yield _line("could not be seen", "magenta", f"{unseen.what}: {unseen.why}")


def _issues(audit: Audit) -> Iterator[Text]:
    """Each known issue once, with the listeners that show it; those that are proven first."""
    shown: dict[RecognisedIssue, list[str]] = {}
    for audited in audit.listeners:
        for issue in audited.issues:
            shown.setdefault(issue, []).append(audited.listener.address)
    for issue, addresses in sorted(shown.items(), key=lambda item: (not item[0].proven, item[0].id)):
        label, style = ("known issue", "bold red") if issue.proven else ("known issue, if not set otherwise", "cyan")
        yield _line(label, style, f"{issue.id} ({_some(addresses)}): {issue.text}")
        for remedy in issue.remedies:
            yield Text(legible(f"  {remedy}"))
        yield Text(legible(f"  {issue.source}"))


def _limits(audit: Audit) -> Iterator[Text]:
    """What caps and colours an overflow, once for all network namespaces that agree."""
    alike: dict[str, list[str]] = {}
    for space in {a.namespace.inode: a.namespace for a in audit.listeners if a.namespace}.values():
        values = (f"{name} {_number(getattr(space, name))}" for name in LIMITS)
        alike.setdefault(", ".join(values), []).append(space.name or str(space.inode))
    for values_text, names in alike.items():
        yield _line("limits", "bold", f"{_some(names)}: {values_text}")


def _rates(audit: Audit) -> Iterator[Text]:
    """What moved, in each network namespace."""
    for space in audit.rates:
        moved = [f"{name} {per_s:g}" for name, per_s in space.per_s.items() if per_s]
        if moved:
            yield _line("per second", "bold", f"{space.name or space.inode}: {', '.join(moved)}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _sentence(label: str, style: str, audited: Audited) -> Text:
    return _line(label, style, f"{audited.listener.address} ({_owner(audited)}): {audited.risk.why}")


def _line(label: str, style: str, text: str) -> Text:
    return Text.assemble((f"{label}: ", style), legible(text))
