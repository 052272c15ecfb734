"""Two flows get the same source port

Source NAT picks a port before the entry is inserted; if two flows pick the same one, the first packet of one is dropped
and its SYN comes again after 1 s. `insert_failed` counts such packets of every protocol: two DNS queries that leave
one UDP socket at once do the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.known.interface import KnownIssue
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow


def matches(window: ListenerWindow) -> str | None:
    """It happened while watched."""
    failed = window.grown.get("ConntrackInsertFailed", 0)
    return (
        f"{failed} flows (of any protocol) could not be entered into conntrack's table while watched"
        if failed
        else None
    )


KNOWN = KnownIssue(
    id="conntrack-insert-race",
    software="Linux source NAT",
    affected="iptables without --random-fully",
    condition="packets-dropped",
    matches=matches,
    source="https://github.com/coreos/flannel/issues/1004",
    remedies=(Remedy("Use --random-fully (iptables 1.6.2 and later)."),),
    recognised_by="insert_failed of the network namespace grows",
    of_namespace=True,
)
