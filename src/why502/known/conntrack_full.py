"""The connection tracking table is full

Every new flow is dropped: `nf_conntrack: table full, dropping packet` in the kernel's log, connect timeouts at
the proxy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow


NEARLY_ALL: Final = 0.9
"""Entries that are not assured are thrown out early, so a full table breathes; `drop` alone counts other things too."""


def matches(window: ListenerWindow) -> str | None:
    """Full now; or nearly so, and packets were dropped while watched."""
    tracked = window.namespace.conntrack if window.namespace else None
    dropped = window.grown.get("ConntrackDrop", 0)
    if tracked is None or tracked.entries < (NEARLY_ALL * tracked.limit if dropped else tracked.limit):
        return None
    return f"{tracked.entries} of {tracked.limit} entries are taken, {dropped} packets were dropped while watched"


KNOWN = KnownIssue(
    id="conntrack-full",
    software="Linux",
    affected="all",
    condition="conntrack-full",
    matches=matches,
    source="https://github.com/kubernetes/kubernetes/issues/18604",
    remedies=(Remedy("Raise net.netfilter.nf_conntrack_max; do not track what needs no tracking."),),
    recognised_by="the counts of the network namespace",
    proven=True,
    of_namespace=True,
)
