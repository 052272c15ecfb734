"""What `why502 trace` tells: one kernel event, joined with what else is known at that moment."""

from __future__ import annotations

from msgspec import Struct

from why502.model.host import Listener


class TraceEvent(Struct, frozen=True):
    """One event. A process is only named if the event happened on its behalf."""

    at_s: float
    kind: str
    """'listen', 'refused', 'reset', 'retransmit', 'oom', 'exit'"""
    text: str
    """One phrase that says what happened."""
    pid: int | None = None
    process: str | None = None
    container: str | None = None
    direction: str | None = None
    """Of a reset: 'sent' by this machine, or 'received' by it."""
    local: str | None = None
    remote: str | None = None
    fd: int | None = None
    """The descriptor on which listen() was called."""
    backlog: int | None = None
    """What the program asked listen() for."""
    result: int | None = None
    """What listen() answered: 0, or the negative number of the error; None: its return was not seen."""
    listener: Listener | None = None
    """The listening socket concerned, as of just after the event."""
    somaxconn: int | None = None
    """Of the listener's network namespace."""
