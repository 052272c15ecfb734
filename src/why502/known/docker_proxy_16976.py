"""Docker's userland proxy accepts before the service listens

It accepts on the host, dials the container then, and closes if nobody listens there: `connect` works where it ought to
be refused, and health checks that only connect tell a lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.known.interface import KnownIssue
from why502.known.matching import software
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow


def matches(window: ListenerWindow) -> str | None:
    """By the name of the process; its binary tells no version."""
    named = window.process is not None and window.process.name == "docker-proxy"
    if not named and software(window, "docker-proxy") is None:
        return None
    return "docker-proxy accepts here, whether or not the service in the container listens"


KNOWN = KnownIssue(
    id="docker-proxy-16976",
    software="docker-proxy",
    affected="all",
    condition="closed-without-response",
    matches=matches,
    source="https://github.com/moby/moby/issues/16976",
    remedies=(Remedy('Check health with an HTTP request; set "userland-proxy": false in daemon.json.'),),
    recognised_by="the process that owns the listener",
    certainty=1,
)
