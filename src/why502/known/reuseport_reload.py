"""Reloads reset connections that wait in the queue of a closed listener

With SO_REUSEPORT every worker has a listener and a queue of its own. When one is closed, what waits in its queue is
reset, unless `tcp_migrate_req` hands it over to another one (Linux 5.14).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.known.interface import KnownIssue
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow


def matches(window: ListenerWindow) -> str | None:
    """Several sockets at one address, and no migration."""
    if window.sockets < 2 or window.namespace is None or window.namespace.tcp_migrate_req != 0:
        return None
    return (
        f"{window.sockets} listeners share the address, and net.ipv4.tcp_migrate_req is 0: closing one resets its queue"
    )


KNOWN = KnownIssue(
    id="reuseport-reload",
    software="nginx reuseport, HAProxy, gunicorn reuse_port",
    affected="kernels with tcp_migrate_req=0",
    condition="target-restarted",
    matches=matches,
    source="https://docs.kernel.org/networking/ip-sysctl.html",
    remedies=(Remedy("sysctl -w net.ipv4.tcp_migrate_req=1 in the network namespace of the service."),),
    recognised_by="several listeners at one address, and the sysctl",
)
