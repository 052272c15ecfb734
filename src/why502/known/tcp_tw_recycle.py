"""tcp_tw_recycle drops clients behind NAT

It compared the timestamps of all clients behind one address and dropped the SYNs of those whose clock was behind.
Removed in Linux 4.12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.known.interface import KnownIssue
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow


def matches(window: ListenerWindow) -> str | None:
    """The setting itself."""
    if window.namespace is None or not window.namespace.tcp_tw_recycle:
        return None
    return "net.ipv4.tcp_tw_recycle is on: SYNs of clients behind one NAT address are dropped at random"


KNOWN = KnownIssue(
    id="tcp-tw-recycle",
    software="Linux",
    affected="before 4.12, with tcp_tw_recycle=1",
    condition="packets-dropped",
    matches=matches,
    source="https://git.kernel.org/torvalds/c/4396e46187ca",
    remedies=(Remedy("sysctl -w net.ipv4.tcp_tw_recycle=0"),),
    recognised_by="the sysctl of the network namespace",
    proven=True,
    of_namespace=True,
)
