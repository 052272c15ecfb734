"""The timeline of a table of any size, in coarse and in fine steps: as `facts.traffic` and `facts.sampling` find in
memory.

Both have steps of whole seconds, so that they are read off one count by the second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from why502.facts.counted import ENDED
from why502.facts.sampling import INTERVALS_S, interval_us
from why502.facts.traffic import BUCKETS_S, bucket_us
from why502.model.patterns import Interval
from why502.model.requests import Side
from why502.model.traffic import Bucket

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis
    from ibis import _

    from why502.facts.request_table import RequestTable

    Row = Mapping[str, object]
else:
    from why502.facts.asking import _, ibis

OWN, LEFT = Side.TARGET.value, Side.CLIENT.value

SECOND_US = 1_000_000


def gateway_failed(manner: ibis.Value, side: ibis.Value) -> ibis.expr.types.BooleanValue:
    """As `facts.silences.by_gateway`."""
    return manner.notnull() & ~side.fill_null("").isin([OWN, LEFT])


def one_if(condition: ibis.Value) -> ibis.Value:
    """1 or 0, wide enough to stand in one column with counts."""
    return ibis.ifelse(condition, 1, 0).cast("int64")


def each(number: int) -> ibis.Value:
    """The same number for each row, wide enough to stand in one column with counts."""
    return ibis.literal(number, "int64")


def seconds(table: RequestTable, rows: ibis.Table) -> ibis.Table:
    """Whole seconds since the epoch in which requests ended, and how many of which kind."""
    own = _.side.fill_null("") == OWN
    wrong = _.manner.notnull() & (_.status >= 500)
    told = rows.filter(_.end_us.notnull()).select(
        second=_.end_us // SECOND_US,
        requests=each(1),
        wrong_by_proxy=one_if(wrong & ~own),
        wrong_by_target=one_if(wrong & own),
        by_gateway=one_if(gateway_failed(_.manner, _.side)),
        by_target=one_if(_.manner.notnull() & own),
    )
    none = dict.fromkeys(("wrong_by_proxy", "wrong_by_target", "by_gateway", "by_target"), each(0))
    counted = table.counts.filter(_.what == ENDED).select(second=_.value, requests=_.requests, **none)
    return table.kept(_summed(told.union(counted), _.second))


def _summed(counts: ibis.Table, key: ibis.Value) -> ibis.Table:
    names = ("requests", "wrong_by_proxy", "wrong_by_target", "by_gateway", "by_target")
    return counts.group_by(second=key).aggregate(**{name: _[name].sum() for name in names})


def _steps(table: RequestTable, by_second: ibis.Table, width_us: int) -> list[Row]:
    found = table.fetch(_summed(by_second, _.second // (width_us // SECOND_US)))
    return sorted(found, key=lambda row: whole(row["second"]))


def timeline(table: RequestTable, by_second: ibis.Table, totals: Row) -> tuple[float, tuple[Bucket, ...]]:
    """The width of its steps in seconds, and those with requests; `totals` has the first and last time."""
    if totals["from_us"] is None:
        return float(BUCKETS_S[0]), ()
    width_us = bucket_us(whole(totals["from_us"]), whole(totals["to_us"]))
    return width_us / 1e6, tuple(
        Bucket(
            whole(bar["second"]) * width_us / 1e6,
            whole(bar["requests"]),
            whole(bar["wrong_by_proxy"]),
            whole(bar["wrong_by_target"]),
        )
        for bar in _steps(table, by_second, width_us)
    )


def intervals(table: RequestTable, by_second: ibis.Table, totals: Row) -> tuple[float, tuple[Interval, ...]]:
    """The same in fine steps."""
    if totals["from_us"] is None:
        return float(INTERVALS_S[0]), ()
    width_us = interval_us(whole(totals["from_us"]), whole(totals["to_us"]))
    return width_us / 1e6, tuple(
        Interval(
            whole(step["second"]) * width_us / 1e6,
            whole(step["requests"]),
            whole(step["by_gateway"]),
            whole(step["by_target"]),
        )
        for step in _steps(table, by_second, width_us)
    )


def whole(value: object) -> int:
    """What an engine gave as a number; nothing counts as 0."""
    return int(cast("int", value)) if value is not None else 0
