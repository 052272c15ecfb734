"""A sample of requests, and silences, of a table of any size.

As `facts.sampling` and `facts.silences` find them in memory.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from why502.facts.joined_columns import KEY
from why502.facts.sampling import in_order, traits
from why502.facts.silences import MIN_SILENCE_US, STEPS_US, counted
from why502.facts.timeline_columns import whole
from why502.model.patterns import MAX_SAMPLED, Sample, Silence, Traits, priority, threshold

if TYPE_CHECKING:
    import ibis
    from ibis import _

    from why502.facts.request_table import RequestTable
else:
    from why502.facts.asking import _, ibis


def sample(table: RequestTable, rows: ibis.Table, failed: int, total: int) -> Sample:
    """Of those that failed and of the others; the latter from the lines that were kept for it."""
    ours = rows.filter(_.manner.notnull()).select(*KEY, "detail")
    told = rows.filter(_.manner.isnull() & (_.detail.notnull() | (_.file < 0))).select(*KEY, "detail")
    others = told.union(
        table.drawn.select("file", "line", "detail", attempt=ibis.literal(0, "int32")).select(*KEY, "detail")
    )
    if total > failed:
        others = others.filter(priority(_.line) < threshold(table.rows_added))
    return Sample(_drawn(table, ours), failed, _drawn(table, others), total - failed)


def _drawn(table: RequestTable, rows: ibis.Table) -> tuple[Traits, ...]:
    chosen = rows.mutate(drawn=priority(_.line)).order_by(["drawn", *KEY]).limit(MAX_SAMPLED)
    return in_order(traits(table.recall(row)) for row in table.fetch(chosen.select("file", "line", "detail")))


def silences(table: RequestTable, bursts: ibis.Table) -> dict[str, tuple[Silence, ...]]:
    """Of each target that failed (`bursts` has who, idle_us, failed and gateway for each burst)."""
    failing = bursts.group_by("who").aggregate(failures=_.failed.sum()).filter(_.failures > 0).select("who")
    long = bursts.filter(_.idle_us >= MIN_SILENCE_US).semi_join(failing, "who")
    steps = [(_.idle_us >= from_us, _.idle_us // step_us * step_us) for from_us, step_us in STEPS_US]
    counts = (
        long.mutate(rounded=ibis.cases(*steps, else_=_.idle_us))
        .group_by("who", "rounded")
        .aggregate(bursts=_.count(), failed=ibis.ifelse(_.gateway > 0, 1, 0).sum())
    )
    found: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for row in table.fetch(counts):
        found[str(row["who"])][whole(row["rounded"])] = whole(row["bursts"]), whole(row["failed"])
    return {who: counted(own) for who, own in found.items()}
