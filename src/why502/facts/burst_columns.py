"""Requests by the size of their burst, of a table of any size: as `facts.traffic` finds in memory."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, cast

from why502.model.traffic import BURST_SIZES, BurstsOfSize

if TYPE_CHECKING:
    import ibis
    from ibis import _

    from why502.facts.request_table import RequestTable
else:
    from why502.facts.asking import _, ibis


def by_size(table: RequestTable, bursts: ibis.Table) -> dict[str, tuple[BurstsOfSize, ...]]:
    """Of each target (`bursts` has who, requests and failed for each burst)."""
    least = ibis.cases(*((bursts.requests >= size, size) for size in reversed(BURST_SIZES)), else_=0)
    counted = bursts.group_by("who", least=least).aggregate(
        requests=_.requests.sum(),
        failed=_.failed.sum(),
        bursts=_.count(),
        bursts_hit=(_.failed > 0).sum(),
        failed_whole=ibis.ifelse(_.failed == _.requests, _.failed, 0).sum(),
    )
    found: dict[str, list[BurstsOfSize]] = defaultdict(list)
    for row in table.fetch(counted.order_by(["who", "least"])):
        numbers = (int(cast("int", row[name])) for name in BurstsOfSize.__struct_fields__)
        found[str(row["who"])].append(BurstsOfSize(*numbers))
    return {who: tuple(sizes) for who, sizes in found.items()}
