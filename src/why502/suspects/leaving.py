"""Clients that left: what the proxy saw of it, whatever made them wait."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from why502.model.evidence import Evidence, Source
from why502.model.words import count

if TYPE_CHECKING:
    from why502.facts.scene import Cluster

SEEN = 10.0
"""The status is made for nothing else (499, 460)."""


def clients_left(cluster: Cluster) -> Evidence:
    """The proxy's word for it; the cluster's failures are in a log."""
    text = f"the proxy saw {count(cluster.count, 'client')} leave{after(cluster)}"
    return Evidence(SEEN, text, Source.ACCESS_LOG, cluster.logged[0].request.at)


def after(cluster: Cluster) -> str:
    """', after 3.0 s (median)'; '' if nothing tells how long they had waited."""
    totals_s = [p.request.total_s for p in cluster.logged if p.request.total_s is not None]
    return f", after {median(totals_s):.1f} s (median)" if totals_s else ""
