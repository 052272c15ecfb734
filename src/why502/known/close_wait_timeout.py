"""Half-closed connections are forgotten after a minute

`nf_conntrack_tcp_timeout_close_wait` is 60 s: where one end has closed its side and waits for an answer that takes
longer, the answer is lost. kube-proxy raises it to an hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

LONG_ENOUGH_S: Final = 3600


def matches(window: ListenerWindow) -> str | None:
    """Only where connections are half closed just now."""
    limit_s = window.namespace.close_wait_timeout_s if window.namespace else None
    waiting = (window.listener.connections or {}).get("close-wait", 0)
    if limit_s is None or limit_s >= LONG_ENOUGH_S or waiting == 0:
        return None
    return f"{waiting} half-closed connections, which conntrack forgets after {limit_s} s"


KNOWN = KnownIssue(
    id="close-wait-timeout",
    software="Linux with NAT; linkerd",
    affected="default of 60 s",
    condition="stale-connection",
    matches=matches,
    source="https://github.com/linkerd/linkerd2/issues/4276",
    remedies=(Remedy("sysctl -w net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600"),),
    recognised_by="half-closed connections at a listener, and the sysctl",
)
