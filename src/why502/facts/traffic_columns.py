"""Sums up a table of requests of any size with Ibis expressions: the same numbers as `facts.traffic` finds in memory.

The expressions keep to whole numbers, so that every engine that Ibis speaks to gives the same answer. What comes back
is bounded; what has to be sorted is spilled by the engine.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, cast

from msgspec import structs

from why502.facts.burst_columns import by_size
from why502.facts.counted import CONNECTED, NO_TARGET, SERVED, WAITED
from why502.facts.joined_columns import KEY, joined_with_errors
from why502.facts.quantiles import COARSE_STEPS_US, quantile_s
from why502.facts.sampling_columns import sample, silences
from why502.facts.silences import BURST_GAP_US
from why502.facts.timeline_columns import each, gateway_failed, intervals, one_if, seconds, timeline, whole
from why502.facts.traffic import bounded, bounded_kinds, by_end
from why502.model.patterns import Sample
from why502.model.requests import Manner, Phase, Side
from why502.model.traffic import (
    IDLE_S,
    MAX_EXAMPLES,
    MAX_KINDS,
    MAX_TARGETS,
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

IDLE_US = round(IDLE_S * 1e6)


def first_targets(table: RequestTable) -> list[str]:
    """Some of the targets that are there, or were passed over for another."""
    named = table.rows.filter(_.target.notnull() & (_.attempt == 0)).select("target").distinct()
    told = {str(row["target"]) for row in table.fetch(named.order_by("target").limit(MAX_TARGETS))}
    return sorted(told | table.passed_over)[:MAX_TARGETS]


def summarise(table: RequestTable, rows: ibis.Table | None = None) -> Traffic | None:
    """The traffic of all rows, or of those given (a part of the table's); None if there are none.

    Requests that are only counted (`facts.counted`) belong to all rows.
    """
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
    counted = whole(table.fetch(table.counts.filter(_.what == SERVED).aggregate(of=_.requests.sum()))[0]["of"])
    total = counted + whole(totals["rows"])
    if not total:
        return None
    by_second = seconds(table, everything)
    bucket_s, bars = timeline(table, by_second, totals)
    interval_s, fine = intervals(table, by_second, totals)
    slots = table.kept(_slots(everything, table.runs))
    bursts = table.kept(_bursts(slots))
    failed = whole(totals["failed"])
    targets = _targets(table, everything, bursts)
    return Traffic(
        requests=counted + whole(totals["requests"]),
        failures=_failures(table, everything, slots, bursts) if failed else (),
        failures_total=failed,
        targets=bounded([target for target in targets if target.target != NO_TARGET]),
        unnamed=next((target for target in targets if target.target == NO_TARGET), None),
        timeline=bars,
        bucket_s=bucket_s,
        kinds=_kinds(table, everything) if failed else (),
        intervals=fine,
        interval_s=interval_s,
        by_rule=whole(totals["by_rule"]),
        sample=sample(table, everything, failed, total) if failed else Sample(),
    )


def _failed(rows: ibis.Table) -> ibis.Table:
    return rows.filter(_.manner.notnull())


def _slots(rows: ibis.Table, runs: ibis.Table) -> ibis.Table:
    """Requests of a target that began within the same `BURST_GAP_S`, with the number of their burst and its silence.

    Two requests of one slot are closer together than the gap that separates bursts, so that slots never need to be
    split; there are few of them, and only they need to be sorted. A run counts in the slot in which it begins, and
    no burst ends within it, so that it is not split either.
    """
    told = rows.filter(_.start_us.notnull()).select(
        who=_.target.fill_null(NO_TARGET),
        first_us=_.start_us,
        last_us=_.start_us,
        busy_us=ibis.coalesce(_.end_us, _.start_us),
        requests=each(1),
        failed=one_if(_.manner.notnull()),
        gateway=one_if(gateway_failed(_.manner, _.side)),
    )
    slots = (
        told.union(runs.mutate(failed=each(0), gateway=each(0)))
        .group_by("who", slot=_.first_us // BURST_GAP_US)
        .aggregate(
            first_us=_.first_us.min(),
            last_us=_.last_us.max(),
            busy_us=_.busy_us.max(),
            requests=_.requests.sum(),
            failed=_.failed.sum(),
            gateway=_.gateway.sum(),
        )
    )
    before = ibis.window(group_by="who", order_by="slot", preceding=(None, 1))
    upto = ibis.window(group_by="who", order_by="slot", preceding=None, following=0)
    slots = slots.mutate(previous_us=_.last_us.max().over(before), busy_until_us=_.busy_us.max().over(before))
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


def _failures(
    table: RequestTable, rows: ibis.Table, slots: ibis.Table, bursts: ibis.Table
) -> tuple[FailedRequest, ...]:
    """As `facts.traffic._examples`: of each kind the earliest, of each as many."""
    ordered = ibis.window(group_by=["target", "side", "phase", "manner"], order_by=[_.at_us, _.file, _.line, _.attempt])
    failed = _failed(rows).mutate(at_us=_.end_us.fill_null(0))
    ranked = failed.mutate(rank=ibis.row_number().over(ordered))
    kept = ranked.order_by(["rank", "at_us", *KEY]).limit(MAX_EXAMPLES)
    placed = kept.mutate(who=_.target.fill_null(NO_TARGET), slot=_.start_us // BURST_GAP_US)
    bursts = bursts.select("who", "burst", "idle_us", burst_len="requests")
    where = slots.select("who", "slot", "burst")
    found = placed.left_join(where, ["who", "slot"]).select(*KEY, "detail", who=placed.who, burst=where.burst)
    told = found.left_join(bursts, ["who", "burst"]).select(
        "file", "line", "detail", idle_us=bursts.idle_us, burst_len=bursts.burst_len
    )
    failures = [
        FailedRequest(
            table.recall(row),
            None if row["idle_us"] is None else whole(row["idle_us"]) / 1e6,
            1 if row["burst_len"] is None else whole(row["burst_len"]),
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
            whole(row["failures"]),
        )
        for row in table.fetch(most)
    )


def _delayed(connect_us: ibis.expr.types.IntegerColumn) -> ibis.expr.types.BooleanColumn:
    (low_us, high_us), *others = syn_steps_us()
    delayed = (connect_us >= low_us) & (connect_us < high_us)
    for low_us, high_us in others:
        delayed |= (connect_us >= low_us) & (connect_us < high_us)
    return delayed


def _targets(table: RequestTable, rows: ibis.Table, bursts: ibis.Table) -> list[TargetTraffic]:
    """Those that failed or served most, and the requests without a target as one more."""
    named = rows.mutate(target=rows.target.fill_null(NO_TARGET), late=_delayed(rows.connect_us))
    counts = table.counts
    served = _served(named, counts)
    worst = served.order_by([ibis.desc("failed"), ibis.desc("requests"), "target"]).limit(MAX_TARGETS + 1)
    told = table.fetch(worst)
    if len(told) > MAX_TARGETS:
        these = [str(row["target"]) for row in told]
        named, counts = named.filter(_.target.isin(these)), counts.filter(_.who.isin(these))
    connects = _histograms(table, named.filter(_.connect_us.notnull()), "connect_us", counts, CONNECTED)
    waits = _histograms(table, named.filter(_.wait_us.notnull() & _.manner.isnull()), "wait_us", counts, WAITED)
    silent = {str(row["who"]): row for row in table.fetch(_after_idle(bursts))}
    late = _late_requests(table, named) if any(row["late"] for row in told) else {}
    quiet = silences(table, bursts) if any(row["failed"] for row in told) else {}
    found = [_target(row, connects, waits, silent, late) for row in told]
    sizes = by_size(table, bursts)
    return [
        structs.replace(target, silences=quiet.get(target.target, ()), by_burst=sizes.get(target.target, ()))
        for target in found
    ]


def _served(named: ibis.Table, counts: ibis.Table) -> ibis.Table:
    """How many requests of each target, of how many the time to connect is known, how many failed or connected late."""
    told = named.select(
        "target",
        requests=each(1),
        failed=one_if(_.manner.notnull()),
        timed=one_if(_.connect_us.notnull()),
        late=one_if(_.late),
    )
    counted = counts.filter(_.what.isin([SERVED, CONNECTED])).select(
        target=_.who,
        requests=ibis.ifelse(_.what == SERVED, _.requests, each(0)),
        failed=each(0),
        timed=ibis.ifelse(_.what == CONNECTED, _.requests, each(0)),
        late=each(0),
    )
    names = ("requests", "failed", "timed", "late")
    return told.union(counted).group_by("target").aggregate(**{name: _[name].sum() for name in names})


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
        requests=whole(row["requests"]),
        failed=whole(row["failed"]),
        connect_median_s=quantile_s(connects.get(name, {}), 0.5),
        wait_median_s=quantile_s(waits.get(name, {}), 0.5),
        wait_p99_s=quantile_s(waits.get(name, {}), 0.99),
        delayed_connects=tuple(late.get(name, ())),
        delayed_connects_total=whole(row["late"]),
        timed_connects=whole(row["timed"]),
        after_idle=whole(after_idle.get("requests")),
        after_idle_failed=whole(after_idle.get("failed")),
    )


def _histograms(
    table: RequestTable, rows: ibis.Table, column: str, counts: ibis.Table, what: int
) -> dict[str, dict[int, int]]:
    """Target -> duration, rounded (`facts.quantiles.coarse`) -> requests."""
    value = rows[column]
    steps = [(value >= from_us, value // step_us * step_us) for from_us, step_us in COARSE_STEPS_US]
    told = rows.select("target", value=ibis.cases(*steps, else_=value), requests=each(1))
    counted = counts.filter(_.what == what).select(target=_.who, value=_.value, requests=_.requests)
    by_value = told.union(counted).group_by("target", "value")
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for row in table.fetch(by_value.aggregate(requests=_.requests.sum())):
        found[str(row["target"])][whole(row["value"])] = whole(row["requests"])
    return found


def _after_idle(bursts: ibis.Table) -> ibis.Table:
    spells = bursts.filter(_.idle_us >= IDLE_US)
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
