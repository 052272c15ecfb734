"""No local port is left towards a target

Towards one address and port a host has as many connections as its ephemeral range has ports, 28,232 by default; a port
stays taken for 60 s after the connection (TIME_WAIT). About 470 new connections a second use them up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

NEARLY_ALL: Final = 0.9
"""Searching for a free port gets slow before none is left (`__inet_hash_connect`)."""


def matches(window: ListenerWindow) -> str | None:
    """Nearly all ports of the range are taken towards one destination."""
    space = window.namespace
    if space is None or space.ephemeral_first is None or space.ephemeral_last is None or not space.destinations:
        return None
    ports, first = space.ephemeral_last - space.ephemeral_first + 1, space.destinations[0]
    if first.ports_used < NEARLY_ALL * ports:
        return None
    return (
        f"{first.ports_used} of {ports} local ports are taken towards {first.address} ({first.time_wait} in TIME_WAIT)"
    )


KNOWN = KnownIssue(
    id="ephemeral-ports",
    software="any proxy without keep-alive",
    affected="Linux, by default",
    condition="ports-exhausted",
    matches=matches,
    source="https://docs.kernel.org/networking/ip-sysctl.html",
    remedies=(
        Remedy("Keep connections to the target alive; widen net.ipv4.ip_local_port_range; net.ipv4.tcp_tw_reuse=1."),
    ),
    recognised_by="the connections of the network namespace",
    proven=True,
    of_namespace=True,
)
