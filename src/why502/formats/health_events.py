"""Events about the health of targets, told by lines between the requests: the same for small and large logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from why502.formats.interface import LogFormat
    from why502.model.case import KernelEvent
    from why502.model.evidence import Place
    from why502.model.requests import Request

MAX_EVENTS = 20_000
"""Of one file; a target that fails every check for a week has as many."""


def tell_health(log_format: LogFormat, line: str, at: Place, before: Request | None, events: list[KernelEvent]) -> None:
    """Adds what the line tells; `before` is the request logged before it."""
    if log_format.tell is None or len(events) >= MAX_EVENTS:
        return
    near_s = None if before is None else before.start_s if before.end_s is None else before.end_s
    event = log_format.tell(line, at, near_s)
    if event is not None:
        events.append(event)
