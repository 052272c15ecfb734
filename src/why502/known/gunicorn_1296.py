"""Idle connections occupy the sync workers of gunicorn

A load balancer opens connections ahead of requests; each occupies a sync worker that waits for the first byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.known.interface import KnownIssue
from why502.known.matching import WAITED, called, server
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow


def matches(window: ListenerWindow) -> str | None:
    """Sync workers, and connections that wait for one of them."""
    found = server(window, "gunicorn")
    if found is None or found.keepalive != "none" or window.queue_len_max < WAITED:
        return None
    return f"{called(found)} with sync workers: up to {window.queue_len_max} connections waited for a free one"


KNOWN = KnownIssue(
    id="gunicorn-1296",
    software="gunicorn",
    affected="all, with sync workers",
    condition="worker-pool-exhausted",
    matches=matches,
    source="https://github.com/benoitc/gunicorn/issues/1296",
    remedies=(Remedy("Use --worker-class gthread, or a proxy that buffers in front."),),
    recognised_by="the command line and the connections at its listener",
    certainty=1,
)
