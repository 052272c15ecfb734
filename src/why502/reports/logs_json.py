"""`why502 logs --json`: the document, from the summary of the logs and the diagnosis that was made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from why502.model.logs import (
    ChangeLine,
    ChangesLine,
    ConcentrationLine,
    DeathsLine,
    DurationLine,
    HealthLine,
    IdleGapLine,
    KindLine,
    LogsDocument,
    PointLine,
    SettingLine,
    SlowConnectsLine,
    SpellLine,
    TargetRow,
    TargetSettingLine,
    TimelineRow,
    Trend,
    UnjudgeableLine,
    ValueRow,
)
from why502.model.words import rfc3339
from why502.reports.legible import legible_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from why502.facts.change_links import ChangeLink, Correlation
    from why502.facts.change_points import ChangePoint, Changes
    from why502.facts.concentration import Dimension
    from why502.facts.durations import SameDuration
    from why502.facts.logs import LogSummary, Silence, Tally
    from why502.model.verdict import Diagnosis


def render(summary: LogSummary, diagnosis: Diagnosis) -> str:
    """One document."""
    built = msgspec.to_builtins(document(summary, diagnosis))
    return legible_json(json.dumps(built, indent=2, ensure_ascii=False, allow_nan=False))


def document(summary: LogSummary, diagnosis: Diagnosis) -> LogsDocument:
    """What is printed."""
    told, traffic = diagnosis.document, summary.traffic
    sample = traffic.sample
    return LogsDocument(
        generated=told.generated,
        window=told.window,
        inputs=told.inputs,
        failures=told.failures,
        hidden=summary.hidden,
        kinds=tuple(KindLine(k.failures, k.side, k.phase, k.manner, k.status, k.target) for k in traffic.kinds),
        targets=tuple(
            TargetRow(t.target, t.requests, t.failed, t.connect_median_s, t.wait_median_s, t.wait_p99_s)
            for t in traffic.targets
        ),
        clients=_values(summary.clients),
        paths=_values(summary.paths),
        nodes=_values(summary.nodes),
        sampled=len(sample.failed) < sample.failed_total or len(sample.others) < sample.others_total,
        sampled_failures=len(sample.failed),
        sampled_others=len(sample.others),
        timeline=tuple(TimelineRow(rfc3339(b.at_s), b.requests, b.by_proxy, b.by_target) for b in traffic.timeline),
        bucket_s=traffic.bucket_s,
        by_gateway=_trend(summary.gateway),
        by_target=_trend(summary.answered),
        concentrations=tuple(_concentrations(summary.dimensions)),
        unjudgeable=tuple(UnjudgeableLine(d.name, d.side, d.unjudgeable) for d in summary.dimensions if d.unjudgeable),
        idle_gaps=tuple(_idle_gap(silence) for silence in summary.idle_gaps),
        slow_connects=tuple(
            SlowConnectsLine(s.target, s.delayed, s.timed, s.kept, s.served, s.steps) for s in summary.slow_connects
        ),
        durations=tuple(_duration(d) for d in summary.durations),
        deaths=tuple(
            DeathsLine(d.target, rfc3339(d.at_s), d.lost, d.together, d.refused_after) for d in summary.deaths
        ),
        changes=_changes(summary.changes) if summary.changes else None,
        health=tuple(HealthLine(rfc3339(e.at_s), e.kind, e.text, str(e.at)) for e in summary.unhealthy),
        settings=tuple(SettingLine(s.proxy, s.name, s.seconds, s.tries, s.scope, str(s.at)) for s in summary.settings),
        target_settings=tuple(
            TargetSettingLine(s.server, s.name, s.limit, s.value, s.address, s.hosts, str(s.at))
            for s in summary.target_settings
        ),
    )


def _values(tallies: Iterable[Tally]) -> tuple[ValueRow, ...]:
    return tuple(ValueRow(t.value, t.by_gateway, t.by_target, t.others) for t in tallies)


def _trend(found: Changes) -> Trend:
    return Trend(
        failures=found.failures,
        tested=found.tested,
        restless=found.restless,
        dispersion=round(found.dispersion, 2),
        points=tuple(_point(p) for p in found.points),
        spells=tuple(
            SpellLine(
                _point(s.began) if s.began else None,
                _point(s.ended) if s.ended else None,
                s.failures,
                s.requests,
                s.rate,
            )
            for s in found.spells
        ),
    )


def _point(point: ChangePoint) -> PointLine:
    at, earliest, latest = (rfc3339(at_s) for at_s in (point.at_s, point.from_s, point.to_s))
    return PointLine(at, earliest, latest, point.rate_before, point.rate_after)


def _idle_gap(silence: Silence) -> IdleGapLine:
    gap = silence.gap
    return IdleGapLine(
        target=gap.target,
        idle_s=round(gap.idle_s, 6),
        and_longer=gap.and_longer,
        failed=gap.failed,
        bursts=gap.bursts,
        failed_in_all=gap.failed_in_all,
        shorter=gap.shorter,
        shorter_failed=gap.shorter_failed,
        longer=gap.longer,
        longer_failed=gap.longer_failed,
        p=gap.p,
        closed_by=tuple(silence.closed_by),
    )


def _duration(same: SameDuration) -> DurationLine:
    due = same.due
    return DurationLine(
        seconds=same.seconds,
        least_s=same.least_s,
        most_s=same.most_s,
        failures=same.failures,
        alike=same.alike,
        proxy=same.proxy,
        phase=same.phase,
        manner=same.manner,
        timer=due.name if due else None,
        timer_s=due.seconds if due else None,
        times=due.times if due else None,
        configured_at=str(due.at) if due and due.at else None,
        not_these=tuple(str(other) for other in same.others),
    )


def _concentrations(dimensions: Iterable[Dimension]) -> Iterable[ConcentrationLine]:
    for c in (c for dimension in dimensions for c in dimension.found):
        yield ConcentrationLine(c.dimension, c.value, c.side, c.kind or None, c.failures, c.failures_in_all, c.share,
                                c.ratio.value, c.ratio.low, c.ratio.high, c.p)  # fmt: skip


def _changes(found: Correlation) -> ChangesLine:
    soon = found.soon_after
    return ChangesLine(
        side=found.side,
        around_s=found.around_s,
        left_out=found.left_out,
        bursts=soon.bursts if soon else 0,
        bursts_inside=soon.inside if soon else 0,
        share_of_time=soon.share if soon else 0.0,
        p=soon.p if soon else 1.0,
        changes=tuple(_change(link) for link in found.links),
    )


def _change(link: ChangeLink) -> ChangeLine:
    return ChangeLine(
        at=rfc3339(link.change.at_s),
        text=link.change.text,
        place=str(link.change.at),
        failures_before=link.before[0],
        requests_before=link.before[1],
        failures_after=link.after[0],
        requests_after=link.after[1],
        p=link.p,
        rise=_point(link.rise) if link.rise else None,
        rise_after_s=link.rise_after_s,
        rise_p=link.rise_p,
        fall=_point(link.fall) if link.fall else None,
        fall_after_s=link.fall_after_s,
        fall_p=link.fall_p,
    )
