"""Packets outside the tracking window lead to resets

A packet that conntrack calls INVALID is passed on without its address being translated back; the client's kernel does
not know the sender and answers RST. kube-proxy drops such packets since 1.15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.known.interface import KnownIssue
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow


def matches(window: ListenerWindow) -> str | None:
    """Both grew while watched; the one alone is everyday life."""
    invalid, resets = window.grown.get("ConntrackInvalid", 0), window.grown.get("EstabResets", 0)
    return (
        f"{invalid} packets were invalid to conntrack and {resets} connections reset while watched"
        if invalid and resets
        else None
    )


KNOWN = KnownIssue(
    id="conntrack-invalid-74839",
    software="kube-proxy in iptables mode",
    affected="before 1.15",
    condition="stale-connection",
    matches=matches,
    source="https://github.com/kubernetes/kubernetes/issues/74839",
    remedies=(Remedy("Drop INVALID packets in FORWARD, or set net.netfilter.nf_conntrack_tcp_be_liberal=1."),),
    recognised_by="`invalid` of the network namespace grows together with resets",
    of_namespace=True,
)
