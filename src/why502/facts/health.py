"""Health checks that failed, as proxies log them, near the failures of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from why502.facts.scene import Cluster
    from why502.model.case import Case, KernelEvent

UNHEALTHY = frozenset({"health-check-failed", "server-down", "backend-empty"})
"""Kinds of events that take a target out, or will."""

BEFORE_S = 120.0
"""Checks come every 2 to 30 s, and several must fail before a target is taken out."""
AFTER_S = 30.0
"""The check that notices comes after the first failures."""


def unhealthy(case: Case, cluster: Cluster | None = None) -> tuple[KernelEvent, ...]:
    """Of the time around the cluster's failures; of all time without a cluster, or without failures of known time.

    Events that name another target's address are left out; names of servers are not addresses, so that they stay.
    """
    window = cluster.window if cluster else None
    return tuple(
        event
        for event in case.events
        if event.kind in UNHEALTHY
        and (window is None or window.from_s - BEFORE_S <= event.at_s <= window.to_s + AFTER_S)
        and (cluster is None or cluster.target is None or _can_be(event, cluster.target))
    )


def _can_be(event: KernelEvent, target: str) -> bool:
    return event.kind != "health-check-failed" or event.process in (None, target)
