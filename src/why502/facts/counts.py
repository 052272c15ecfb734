"""How many failures there were, where only some of them are kept one by one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import structs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Cluster
    from why502.model.requests import Request
    from why502.model.traffic import Traffic

Kind = tuple[object, ...]


def with_true_counts(clusters: Sequence[Cluster], traffic: Traffic | None) -> list[Cluster]:
    """The clusters, each with its share of the failures of its kinds that are not kept one by one.

    What a proxy logged alike may fall into several clusters by what the wire shows; the rest is shared out as the
    kept ones are.
    """
    if traffic is None or traffic.failures_total <= len(traffic.failures):
        return list(clusters)
    all_of: Counter[Kind] = Counter()
    for told in traffic.kinds:
        all_of[(told.target, told.side, told.phase, told.manner)] += told.failures
    kept = Counter(_kind(failure.request) for failure in traffic.failures)
    return [structs.replace(cluster, count=_count(cluster, all_of, kept)) for cluster in clusters]


def _kind(request: Request) -> Kind:
    return request.target, request.side, request.phase, request.manner


def _count(cluster: Cluster, all_of: Counter[Kind], kept: Counter[Kind]) -> int:
    own = Counter(_kind(failure.request) for failure in cluster.logged)
    hidden = sum((all_of[kind] - kept[kind]) * number // kept[kind] for kind, number in own.items())
    return cluster.count + max(0, hidden)


def by_status(traffic: Traffic | None) -> dict[str, int]:
    """All logged failures by the status that the client got."""
    statuses: Counter[str] = Counter()
    for told in traffic.kinds if traffic else ():
        if told.status is not None:
            statuses[str(told.status)] += told.failures
    return dict(sorted(statuses.items()))
