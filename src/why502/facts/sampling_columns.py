"""A sample of requests and the timeline in fine steps, of a table of any size: as `facts.sampling` finds in memory."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, cast

from why502.facts.joined_columns import KEY
from why502.facts.sampling import INTERVALS_S, in_order, interval_us, traits
from why502.facts.silences import MIN_SILENCE_US, STEPS_US, counted
from why502.model.patterns import MAX_SAMPLED, Interval, Sample, Silence, Traits, priority, threshold
from why502.model.requests import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis
    from ibis import _

    from why502.facts.request_table import RequestTable

    Row = Mapping[str, object]
else:
    from why502.facts.asking import _, ibis

OWN, LEFT = Side.TARGET.value, Side.CLIENT.value


def gateway_failed(manner: ibis.Value, side: ibis.Value) -> ibis.expr.types.BooleanValue:
    """As `facts.silences.by_gateway`."""
    return manner.notnull() & ~side.fill_null("").isin([OWN, LEFT])


def intervals(table: RequestTable, rows: ibis.Table, totals: Row) -> tuple[float, tuple[Interval, ...]]:
    """Their width in seconds, and those with requests; `totals` has the first and last time."""
    if totals["from_us"] is None:
        return float(INTERVALS_S[0]), ()
    width_us = interval_us(_whole(totals["from_us"]), _whole(totals["to_us"]))
    own = _.manner.notnull() & (_.side.fill_null("") == OWN)
    counts = (
        rows.filter(_.end_us.notnull())
        .group_by(index=_.end_us // width_us)
        .aggregate(
            requests=_.count(),
            by_gateway=ibis.ifelse(gateway_failed(_.manner, _.side), 1, 0).sum(),
            by_target=ibis.ifelse(own, 1, 0).sum(),
        )
    )
    found = sorted(table.fetch(counts), key=lambda row: _whole(row["index"]))
    return width_us / 1e6, tuple(
        Interval(
            _whole(row["index"]) * width_us / 1e6,
            _whole(row["requests"]),
            _whole(row["by_gateway"]),
            _whole(row["by_target"]),
        )
        for row in found
    )


def sample(table: RequestTable, rows: ibis.Table, failed: int, total: int) -> Sample:
    """Of those that failed and of the others; the latter from the lines that were kept for it."""
    ours = rows.filter(_.manner.notnull())
    others = rows.filter(_.manner.isnull() & (_.detail.notnull() | (_.file < 0)))
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
        found[str(row["who"])][_whole(row["rounded"])] = _whole(row["bursts"]), _whole(row["failed"])
    return {who: counted(own) for who, own in found.items()}


def _whole(value: object) -> int:
    return int(cast("int", value)) if value is not None else 0
