"""gunicorn resets connections when it recycles a worker

With `reuse_port` every worker listens itself; at `max_requests` it closes its listener with connections still in the
queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.known.matching import called, server
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

OPTIONS: Final = ("--max-requests", "--reuse-port")


def matches(window: ListenerWindow) -> str | None:
    """Both options together."""
    found = server(window, "gunicorn")
    if found is None or window.process is None or not all(option in window.process.command for option in OPTIONS):
        return None
    return f"{called(found)} recycles workers that have a listener of their own"


KNOWN = KnownIssue(
    id="gunicorn-3038",
    software="gunicorn",
    affected="all, with max_requests and reuse_port",
    condition="target-restarted",
    matches=matches,
    source="https://github.com/benoitc/gunicorn/issues/3038",
    remedies=(Remedy("Leave out --max-requests or --reuse-port; add --max-requests-jitter."),),
    recognised_by="the command line",
    certainty=1,
)
