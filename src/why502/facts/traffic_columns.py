"""Sums up a table of requests of any size with Ibis expressions: the same numbers as `facts.traffic` finds in memory.

The expressions keep to whole numbers, so that every engine that Ibis speaks to gives the same answer. What comes back
is bounded; what has to be sorted is spilled by the engine.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, cast

from msgspec import structs

from why502.facts.burst_columns import by_size
from why502.facts.joined_columns import KEY, joined_with_errors
from why502.facts.quantiles import COARSE_STEPS_US, quantile_s
from why502.facts.sampling_columns import gateway_failed, intervals, sample, silences
from why502.facts.silences import BURST_GAP_US
from why502.facts.traffic import BUCKETS_S, bounded, bounded_kinds, bucket_us, by_end
from why502.model.patterns import Sample
from why502.model.requests import Manner, Phase, Side
from why502.model.traffic import (
    IDLE_S,
    MAX_EXAMPLES,
    MAX_KINDS,
    MAX_TARGETS,
    Bucket,
    FailedRequest,
    FailureKind,
    TargetTraffic,
    Traffic,
    syn_steps_us,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis
    from ibis import _

    from why502.facts.request_table import RequestTable
    from why502.model.requests import Request

    Row = Mapping[str, object]
else:
    from why502.facts.asking import _, ibis

NO_TARGET = ""
"""In place of null, where rows without a target are one group."""

IDLE_US = round(IDLE_S * 1e6)


def first_targets(table: RequestTable) -> list[str]:
    """Some of the targets that are there."""
    named = table.rows.filter(_.target.notnull() & (_.attempt == 0)).select("target").distinct()
    return [str(row["target"]) for row in table.fetch(named.order_by("target").limit(MAX_TARGETS))]


def summarise(table: RequestTable, rows: ibis.Table | None = None) -> Traffic | None:
    """The traffic of all rows, or of those given (a part of the table's); None if there are none."""
    everything = joined_with_errors(table, table.rows if rows is None else rows)
    totals = table.fetch(
        everything.aggregate(
            rows=_.count(),
            requests=_.status.count(),
            failed=_.manner.count(),
            by_rule=ibis.ifelse((_.side == Side.PROXY.value) & _.manner.isnull() & (_.status >= 500), 1, 0).sum(),
            from_us=_.end_us.min(),
            to_us=_.end_us.max(),
        )
    )[0]
    if not totals["rows"]:
        return None
    width_us, timeline = _timeline(table, everything, totals)
    interval_s, fine = intervals(table, everything, totals)
    slots = table.kept(_slots(everything))
    failed = _whole(totals["failed"])
    targets = _targets(table, everything, slots)
    return Traffic(
        requests=_whole(totals["requests"]),
        failures=_failures(table, everything, slots) if totals["failed"] else (),
        failures_total=failed,
        targets=bounded([target for target in targets if target.target != NO_TARGET]),
        unnamed=next((target for target in targets if target.target == NO_TARGET), None),
        timeline=timeline,
        bucket_s=width_us / 1e6,
        kinds=_kinds(table, everything) if totals["failed"] else (),
        intervals=fine,
        interval_s=interval_s,
        by_rule=_whole(totals["by_rule"]),
        sample=sample(table, everything, failed, _whole(totals["rows"])) if failed else Sample(),
    )


def _whole(value: object) -> int:
    return int(cast("int", value)) if value is not None else 0


def _failed(rows: ibis.Table) -> ibis.Table:
    return rows.filter(_.manner.notnull())


def _slots(rows: ibis.Table) -> ibis.Table:
    """Requests of a target that began within the same `BURST_GAP_S`, with the number of their burst and its silence.

    Two requests of one slot are closer together than the gap that separates bursts, so that slots never need to be
    split; there are few of them, and only they need to be sorted.
    """
    timed = rows.filter(_.start_us.notnull()).mutate(who=_.target.fill_null(NO_TARGET))
    slots = timed.group_by("who", slot=_.start_us // BURST_GAP_US).aggregate(
        first_us=_.start_us.min(),
        last_us=_.start_us.max(),
        busy_us=ibis.coalesce(_.end_us, _.start_us).max(),
        requests=_.count(),
        failed=_.manner.count(),
        gateway=ibis.ifelse(gateway_failed(_.manner, _.side), 1, 0).sum(),
    )
    in_order = ibis.window(group_by="who", order_by="slot")
    before = ibis.window(group_by="who", order_by="slot", preceding=(None, 1))
    upto = ibis.window(group_by="who", order_by="slot", preceding=None, following=0)
    slots = slots.mutate(previous_us=_.last_us.lag().over(in_order), busy_until_us=_.busy_us.max().over(before))
    opens = _.previous_us.isnull() | (_.first_us - _.previous_us > BURST_GAP_US)
    slots = slots.mutate(opens=ibis.ifelse(opens, ibis.literal(1, "int64"), ibis.null("int64")))
    return slots.mutate(burst=_.opens.count().over(upto))  # counting is half the work of adding up


def _bursts(slots: ibis.Table) -> ibis.Table:
    silence = ibis.ifelse(_.first_us > _.busy_until_us, _.first_us - _.busy_until_us, 0)
    opened = _.opens.notnull() & _.busy_until_us.notnull()
    marked = slots.mutate(idle_us=ibis.ifelse(opened, silence, ibis.null("int64")))
    return marked.group_by("who", "burst").aggregate(
        idle_us=_.idle_us.max(), requests=_.requests.sum(), failed=_.failed.sum(), gateway=_.gateway.sum()
    )


def _failures(table: RequestTable, rows: ibis.Table, slots: ibis.Table) -> tuple[FailedRequest, ...]:
    """As `facts.traffic._examples`: of each kind the earliest, of each as many."""
    ordered = ibis.window(group_by=["target", "side", "phase", "manner"], order_by=[_.at_us, _.file, _.line, _.attempt])
    failed = _failed(rows).mutate(at_us=_.end_us.fill_null(0))
    ranked = failed.mutate(rank=ibis.row_number().over(ordered))
    kept = ranked.order_by(["rank", "at_us", *KEY]).limit(MAX_EXAMPLES)
    placed = kept.mutate(who=_.target.fill_null(NO_TARGET), slot=_.start_us // BURST_GAP_US)
    bursts = _bursts(slots).select("who", "burst", "idle_us", burst_len="requests")
    where = slots.select("who", "slot", "burst")
    found = placed.left_join(where, ["who", "slot"]).select(*KEY, "detail", who=placed.who, burst=where.burst)
    told = found.left_join(bursts, ["who", "burst"]).select(
        "file", "line", "detail", idle_us=bursts.idle_us, burst_len=bursts.burst_len
    )
    failures = [
        FailedRequest(
            table.recall(row),
            None if row["idle_us"] is None else _whole(row["idle_us"]) / 1e6,
            1 if row["burst_len"] is None else _whole(row["burst_len"]),
        )
        for row in table.fetch(told)
    ]
    return tuple(sorted(failures, key=by_end))


def _kinds(table: RequestTable, rows: ibis.Table) -> tuple[FailureKind, ...]:
    counted = _failed(rows).group_by("target", "side", "phase", "manner", "status").aggregate(failures=_.count())
    most = counted.order_by([ibis.desc("failures"), "target", "side", "phase", "manner", "status"]).limit(MAX_KINDS)
    return bounded_kinds(
        FailureKind(
            cast("str | None", row["target"]),
            Side(str(row["side"])) if row["side"] is not None else None,
            Phase(str(row["phase"])),
            Manner(str(row["manner"])),
            cast("int | None", row["status"]),
            _whole(row["failures"]),
        )
        for row in table.fetch(most)
    )


def _delayed(connect_us: ibis.expr.types.IntegerColumn) -> ibis.expr.types.BooleanColumn:
    (low_us, high_us), *others = syn_steps_us()
    delayed = (connect_us >= low_us) & (connect_us < high_us)
    for low_us, high_us in others:
        delayed |= (connect_us >= low_us) & (connect_us < high_us)
    return delayed


def _targets(table: RequestTable, rows: ibis.Table, slots: ibis.Table) -> list[TargetTraffic]:
    """Those that failed or served most, and the requests without a target as one more."""
    named = rows.mutate(target=rows.target.fill_null(NO_TARGET), late=_delayed(rows.connect_us))
    counted = named.group_by("target").aggregate(
        requests=_.count(),
        failed=_.manner.count(),
        timed=_.connect_us.count(),
        late=ibis.ifelse(_.late, 1, 0).sum(),
    )
    worst = counted.order_by([ibis.desc("failed"), ibis.desc("requests"), "target"]).limit(MAX_TARGETS + 1)
    counts = table.fetch(worst)
    if len(counts) > MAX_TARGETS:
        named = named.filter(_.target.isin([str(row["target"]) for row in counts]))
    connects = _histograms(table, named.filter(_.connect_us.notnull()), "connect_us")
    waits = _histograms(table, named.filter(_.wait_us.notnull() & _.manner.isnull()), "wait_us")
    silent = {str(row["who"]): row for row in table.fetch(_after_idle(slots))}
    late = _late_requests(table, named) if any(row["late"] for row in counts) else {}
    quiet = silences(table, _bursts(slots)) if any(row["failed"] for row in counts) else {}
    found = [_target(row, connects, waits, silent, late) for row in counts]
    sizes = by_size(table, _bursts(slots))
    return [
        structs.replace(target, silences=quiet.get(target.target, ()), by_burst=sizes.get(target.target, ()))
        for target in found
    ]


def _target(
    row: Row,
    connects: Mapping[str, Mapping[int, int]],
    waits: Mapping[str, Mapping[int, int]],
    silent: Mapping[str, Row],
    late: Mapping[str, Sequence[Request]],
) -> TargetTraffic:
    name = str(row["target"])
    after_idle = silent.get(name, {})
    return TargetTraffic(
        target=name,
        requests=_whole(row["requests"]),
        failed=_whole(row["failed"]),
        connect_median_s=quantile_s(connects.get(name, {}), 0.5),
        wait_median_s=quantile_s(waits.get(name, {}), 0.5),
        wait_p99_s=quantile_s(waits.get(name, {}), 0.99),
        delayed_connects=tuple(late.get(name, ())),
        delayed_connects_total=_whole(row["late"]),
        timed_connects=_whole(row["timed"]),
        after_idle=_whole(after_idle.get("requests")),
        after_idle_failed=_whole(after_idle.get("failed")),
    )


def _histograms(table: RequestTable, rows: ibis.Table, column: str) -> dict[str, dict[int, int]]:
    """Target -> duration with three significant digits (`facts.quantiles.coarse`) -> requests."""
    value = rows[column]
    steps = [(value >= from_us, value // step_us * step_us) for from_us, step_us in COARSE_STEPS_US]
    rounded = ibis.cases(*steps, else_=value)
    counts: dict[str, dict[int, int]] = defaultdict(dict)
    for row in table.fetch(rows.group_by("target", value=rounded).aggregate(requests=_.count())):
        counts[str(row["target"])][_whole(row["value"])] = _whole(row["requests"])
    return counts


def _after_idle(slots: ibis.Table) -> ibis.Table:
    spells = _bursts(slots).filter(_.idle_us >= IDLE_US)
    return spells.group_by("who").aggregate(requests=_.requests.sum(), failed=_.failed.sum())


def _late_requests(table: RequestTable, named: ibis.Table) -> dict[str, list[Request]]:
    """Of each target the earliest, of each as many."""
    ordered = ibis.window(group_by="target", order_by=[_.at_us, _.file, _.line, _.attempt])
    late = named.filter(_.late).mutate(at_us=_.start_us.fill_null(0))
    ranked = late.mutate(rank=ibis.row_number().over(ordered))
    kept = ranked.order_by(["rank", "at_us", *KEY]).limit(MAX_EXAMPLES)
    found: dict[str, list[Request]] = defaultdict(list)
    for row in table.fetch(kept.select("target", "file", "line", "detail")):
        found[str(row["target"])].append(table.recall(row))
    return found


def _timeline(table: RequestTable, rows: ibis.Table, totals: Row) -> tuple[int, tuple[Bucket, ...]]:
    if totals["from_us"] is None:
        return BUCKETS_S[0] * 1_000_000, ()
    width_us = bucket_us(_whole(totals["from_us"]), _whole(totals["to_us"]))
    own = _.side.fill_null("") == Side.TARGET.value
    wrong = _.manner.notnull() & (_.status >= 500)
    counted = (
        rows.filter(_.end_us.notnull())
        .group_by(index=_.end_us // width_us)
        .aggregate(
            requests=_.count(),
            by_proxy=ibis.ifelse(wrong & ~own, 1, 0).sum(),
            by_target=ibis.ifelse(wrong & own, 1, 0).sum(),
        )
    )
    bars = sorted(table.fetch(counted), key=lambda row: _whole(row["index"]))
    return width_us, tuple(
        Bucket(
            _whole(bar["index"]) * width_us / 1e6,
            _whole(bar["requests"]),
            _whole(bar["by_proxy"]),
            _whole(bar["by_target"]),
        )
        for bar in bars
    )
