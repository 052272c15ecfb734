"""What `why502 fix` shows: what will change, what has changed, how to keep it and how to take it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from why502.reports import reproduction
from why502.reports.legible import legible, legible_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.fixing import BacklogChange, BacklogPlan, BacklogUndone, BurstSeen


def render_plan(plan: BacklogPlan) -> str:
    """Before anything is done."""
    return "\n".join(_plan(plan)) + "\n"


def render_change(change: BacklogChange) -> str:
    """After it."""
    return "\n".join(_change(change)) + "\n"


def render_undone(undone: BacklogUndone) -> str:
    return f"undone:     backlog was {undone.before}, is {undone.after} (read back from the kernel)\n"


def render_json(change: BacklogChange | BacklogUndone) -> str:
    """One document."""
    return legible_json(msgspec.json.format(msgspec.json.encode(change), indent=2).decode())


def _plan(plan: BacklogPlan) -> Iterator[str]:
    listener, process = plan.listener, plan.process
    where = process.container or plan.namespace.name
    inside = f" in {legible(where)}" if where else ""
    yield f"listener:   {legible(listener.address)} (socket {listener.inode}){inside}"
    user = legible(process.user or "?")
    yield f"process:    {legible(process.name)} {process.pid}{_server(plan)}, user {user}, {_since(plan)}"
    queue = f"{listener.queue_len} of {listener.backlog + 1}"
    yield f"queue now:  {queue}, drops {_known(listener.drops)} since it was opened"
    yield f"change:     backlog {listener.backlog} -> {plan.expected}; the service runs on, nothing else is changed"
    if plan.limited:
        limit = f"net.core.somaxconn {plan.namespace.somaxconn} of its network namespace"
        yield f"limit:      {limit} cuts {plan.asked} to {plan.expected}; it is left as it is"


def _change(change: BacklogChange) -> Iterator[str]:
    yield f"done:       backlog was {change.before}, is {change.after} (read back from the kernel)"
    for name, seen in zip(("before:", "after:"), change.proof, strict=False):
        yield f"{name:11} {_seen(seen)}"
    if change.proof and not change.proof[0].burst.overflowed:
        yield "            the burst got through before the change too: the acceptor was fast enough just then"
    yield "lasts:      until the service restarts, or calls listen() again"
    for remedy in change.permanent:
        yield f"permanent:  {legible(remedy.text)}"
        if remedy.command:
            yield f"            {remedy.command}"
    yield f"undo:       {change.undo}   (written in {legible(change.journal)})"


def _seen(seen: BurstSeen) -> str:
    queue = f"queue at most {seen.queue_len_max}, full for {seen.full_s:.2f} s, drops +{_known(seen.drops)}"
    return f"{seen.burst.size} at once: {reproduction.tally(seen.burst)}; {queue} ({seen.looks} looks)"


def _server(plan: BacklogPlan) -> str:
    server = plan.process.server
    if server is None or server.guessed:
        return ""
    return f" ({legible(' '.join(filter(None, (server.name, server.version))))})"


def _since(plan: BacklogPlan) -> str:
    if plan.process.start_s is None:
        return "start unknown"
    return f"since {datetime.fromtimestamp(plan.process.start_s, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _known(value: int | None) -> str:
    return "?" if value is None else str(value)
