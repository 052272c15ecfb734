"""Events as lines: columns for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from why502.model.words import utc
from why502.reports.legible import legible, legible_json

if TYPE_CHECKING:
    from why502.model.trace import TraceEvent

HEAD: Final = f"{'TIME (UTC)':12}  {'EVENT':10}  {'PROCESS':22}  {'CONTAINER':12}  WHAT"
MAX_NAME: Final = 80


def render(event: TraceEvent) -> str:
    """One line; what is not known is '-'."""
    at = utc(event.at_s).strftime("%H:%M:%S.%f")[:-3]
    process = f"{legible(event.process or '', MAX_NAME)} {event.pid}" if event.pid else "-"
    container = legible(event.container or "-", MAX_NAME)
    return f"{at:12}  {event.kind:10}  {process:22}  {container:12}  {'  '.join(_parts(event))}"


def render_json(event: TraceEvent) -> str:
    """One object, every field in each."""
    return legible_json(msgspec.json.encode(event).decode())


def _parts(event: TraceEvent) -> list[str]:
    parts = [_addresses(event), legible(event.text)]
    if listener := event.listener:
        parts.append(f"[{_limit(event)}, queue {listener.queue_len}, drops {_known(listener.drops)}]")
    return [part for part in parts if part]


def _limit(event: TraceEvent) -> str:
    """The backlog in force, and what has cut it down."""
    backlog = event.listener.backlog if event.listener else 0
    asked = event.backlog if event.backlog is not None and event.backlog >= 0 else backlog
    return f"backlog {backlog}" + (f" by somaxconn {event.somaxconn}" if asked > backlog else "")


def _addresses(event: TraceEvent) -> str:
    local = legible(event.local or "")
    if not event.remote:
        return local
    remote = legible(event.remote)
    return f"{local} -> {remote}" if event.direction != "received" else f"{local} <- {remote}"


def _known(value: int | None) -> str:
    return "?" if value is None else str(value)
