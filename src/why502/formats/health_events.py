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


def logged_s(request: Request) -> float | None:
    """When it was logged, as far as its line tells."""
    return request.start_s if request.end_s is None else request.end_s


def tell_health(
    log_format: LogFormat,
    line: str,
    at: Place,
    near_s: float | None,
    events: list[KernelEvent],
    written_s: float | None = None,
) -> None:
    """Adds what the line tells; `near_s` is when the request before it was logged, `written_s` when the file was."""
    if log_format.tell is None or len(events) >= MAX_EVENTS:
        return
    event = log_format.tell(line, at, near_s, written_s)
    if event is not None:
        events.append(event)
