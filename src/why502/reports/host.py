"""What `why502 host` shows: the listeners of this machine, worst first, then everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import json
from rich.table import Table
from rich.text import Text

from why502.facts.backlog import SMALLEST_BACKLOG, Level
from why502.facts.surfaces.differences import OWN
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
ENOUGH: Final = 1024
"""A backlog that hardly any burst fills; nginx takes 511, Tokio took 1024."""
STYLES: Final = {Level.DROPPING: "bold red", Level.TOO_SMALL: "yellow", Level.FULL: "yellow", Level.DROPPED: "cyan"}

STATES: Final = {State.WRONG: "bold red", State.AT_RISK: "yellow", State.NOTE: "cyan", State.FINE: "green"}


def render(audit: Audit, *, width: int | None, color: bool) -> str:
    """What is wrong, the table, everything else; at most `width` columns (None: as wide as it needs)."""
    return drawn((*_alarms(audit), _table(audit), *_rest(audit)), width=width, color=color)


def render_json(audit: Audit) -> str:
    """One document; every listener with everything that is known about it."""
    document = {
        "schema": SCHEMA,
        **{name: getattr(audit, name) for name in audit.__struct_fields__},
        "counts": {
            "wrong": audit.wrong_in_all,
            "at_risk": audit.at_risk_in_all,
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
    return container or (audited.namespace.name if audited.namespace else None) or OWN


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
    # Nothing shows that it serves here: a library brings it along as well.
    return (f"? ({name} is installed)", "?") if found.guessed else (name, found.keepalive or "?")


def _queue(audited: Audited) -> str:
    now, peak = audited.listener.queue_len, audited.listener.queue_len_max or 0
    return f"{now} (max {peak})" if peak > now else str(now)


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)


def _alarms(audit: Audit) -> Iterator[RenderableType]:
    """What somebody who was woken has to read first."""
    wrong, at_risk = audit.wrong_in_all, audit.at_risk_in_all
    yield _headline(audit, wrong, at_risk)
    for audited in audit.wrong:
        yield from _sentence("wrong", "bold red", audited)
    yield from _findings(audit, State.WRONG)
    yield from _issues(audit, proven=True)
    for audited in audit.at_risk:
        yield from _sentence("at risk", "yellow", audited)
    yield from _findings(audit, State.AT_RISK)
    if wrong or at_risk:
        yield Text("")


def _headline(audit: Audit, wrong: int, at_risk: int) -> Text:
    where = f"{legible(audit.hostname)}, Linux {legible(audit.kernel)}"
    watched = f", watched for {audit.watched_s:.1f} s" if audit.watched_s else ", looked at once"
    told = f"{count(len(audit.listeners), 'listener')} on {where}{watched}"
    if not wrong and not at_risk:
        return Text.assemble(("nothing wrong, nothing at risk", "green"), f" ({told})")
    parts = (f"{wrong} wrong" if wrong else "", f"{at_risk} at risk" if at_risk else "")
    return Text.assemble((", ".join(filter(None, parts)), "bold red" if wrong else "yellow"), f" ({told})")


def _rest(audit: Audit) -> Iterator[RenderableType]:
    yield Text("")
    for audited in audit.fine:
        if audited.risk.level is Level.DROPPED:
            yield from _sentence("note", "cyan", audited)
    yield from _findings(audit, State.NOTE)
    yield from _issues(audit, proven=False)
    yield from _limits(audit)
    yield from _rates(audit)
    yield from _findings(audit, State.FINE)
    if fine := len(audit.fine):
        hidden = len(audit.listeners) - len(_shown(audit))
        yield _line(
            "fine", "green", count(fine, "listener") + (f", {hidden} of them not shown above" if hidden else "")
        )
    if not audit.listeners:
        yield _line("fine", "green", "nothing listens here")
    for unseen in audit.unseen:
        yield _line("could not be seen", "magenta", f"{unseen.what}: {unseen.why}")


def _findings(audit: Audit, state: State) -> Iterator[Text]:
    for finding in audit.findings:
        if finding.state is state:
            where = f"{finding.where}: " if finding.where else ""
            yield _line(state.value, STATES[state], f"{finding.surface}: {where}{finding.text}")


def _issues(audit: Audit, *, proven: bool) -> Iterator[Text]:
    """Each known issue once, with the listeners or the network namespaces that show it."""
    shown: dict[RecognisedIssue, dict[str, None]] = {}
    for audited in audit.listeners:
        for issue in audited.issues:
            where = _where(audited) if issue.of_namespace else audited.listener.address
            if issue.proven is proven:
                shown.setdefault(issue, {})[where] = None
    label, style = ("known issue", "bold red") if proven else ("known issue, if not set otherwise", "cyan")
    for issue, places in sorted(shown.items(), key=lambda item: item[0].id):
        yield _line(label, style, f"{issue.id} ({_some(tuple(places))}): {issue.text}")
        for remedy in issue.remedies:
            yield Text(legible(f"  {remedy}"))
        yield Text(legible(f"  {issue.source}"))


def _limits(audit: Audit) -> Iterator[Text]:
    """What caps and colours an overflow, once for all network namespaces that agree."""
    alike: dict[str, list[str]] = {}
    for space in {a.namespace.inode: a.namespace for a in audit.listeners if a.namespace}.values():
        values = (f"{name} {_number(getattr(space, name))}" for name in LIMITS)
        alike.setdefault(", ".join(values), []).append(space.name or OWN)
    for values_text, names in alike.items():
        yield _line("limits", "bold", f"{_some(names)}: {values_text}")


def _rates(audit: Audit) -> Iterator[Text]:
    """What moved, in each network namespace."""
    for space in audit.rates:
        moved = [f"{name} {per_s:g}" for name, per_s in space.per_s.items() if per_s]
        if moved:
            yield _line("per second", "bold", f"{space.name or OWN}: {', '.join(moved)}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _sentence(label: str, style: str, audited: Audited) -> Iterator[Text]:
    """And what raises the backlog now, if that is what is too small."""
    listener, space = audited.listener, audited.namespace
    yield _line(label, style, f"{listener.address} ({_owner(audited)}): {audited.risk.why}")
    if listener.backlog < SMALLEST_BACKLOG and listener.pids and audited.sockets == 1:
        enough = min(ENOUGH, space.somaxconn or ENOUGH) if space else ENOUGH
        yield Text(f"  sudo why502 fix backlog --socket {listener.inode} --to {enough}   # at once, without a restart")


def _line(label: str, style: str, text: str) -> Text:
    return Text.assemble((f"{label}: ", style), legible(text))
