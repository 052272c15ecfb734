"""Sums up logged requests: failures one by one, targets, bursts and idle spells, the timeline.

This is for as many requests as fit into memory; `facts.traffic_columns` does the same for tables of any size.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from why502.facts.crowding import by_size
from why502.facts.error_log import join
from why502.facts.quantiles import coarse, quantile_s
from why502.facts.sampling import intervals, sample
from why502.facts.silences import bursts_of, silences
from why502.model.requests import Manner, Request, Side
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
    delayed_by_syn,
    micros,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

BUCKETS_S = (1, 5, 10, 60, 300, 900, 3600)
MAX_BUCKETS = 240
"""A plot with more bars than this cannot be read."""


def summarise(requests: Iterable[Request]) -> Traffic:
    """All logs of one case together, as judgement needs them."""
    access: list[Request] = []
    errors: list[Request] = []
    for request in requests:
        (errors if request.status is None else access).append(request)
    joined, hidden = join(access, errors)
    everything = joined + hidden
    by_target: dict[str | None, list[Request]] = defaultdict(list)
    for request in everything:
        by_target[request.target].append(request)
    placed = {target: list(_placed(served)) for target, served in by_target.items()}
    failures = [place for places in placed.values() for place in places if place.request.failed]
    targets = [_target(target, places) for target, places in placed.items() if target is not None]
    bucket_s, timeline = _timeline(everything)
    interval_s, fine = intervals(everything)
    return Traffic(
        requests=len(joined),
        failures=tuple(_examples(failures)),
        failures_total=len(failures),
        targets=bounded(targets),
        timeline=timeline,
        bucket_s=bucket_s,
        kinds=_kinds(failures),
        intervals=fine,
        interval_s=interval_s,
        sample=sample(everything),
        by_rule=sum(r.side is Side.PROXY and not r.failed and (r.status or 0) >= 500 for r in joined),
        unnamed=_target("", placed[None]) if None in placed else None,
    )


def _examples(failures: Iterable[FailedRequest]) -> list[FailedRequest]:
    """The earliest of each kind, of each as many, up to `MAX_EXAMPLES` in all."""
    in_order = sorted(failures, key=by_end)
    kept = fair_share(in_order, lambda f: (f.request.target, f.request.side, f.request.phase, f.request.manner))
    return sorted(kept, key=by_end)


def by_end(failure: FailedRequest) -> tuple[int, str, int, str, str]:
    """Attempts of one request share their line, and some logs do not tell when each ended."""
    request = failure.request
    return micros(request.end_s) or 0, request.at.path, request.at.number or 0, request.target or "", request.phase


def fair_share(items: Sequence[FailedRequest], kind: Callable[[FailedRequest], object]) -> list[FailedRequest]:
    """The first of each kind, then the second of each, up to `MAX_EXAMPLES`."""
    if len(items) <= MAX_EXAMPLES:
        return list(items)
    seen: Counter[object] = Counter()
    ranked: list[tuple[int, int]] = []
    for index, item in enumerate(items):
        ranked.append((seen[kind(item)], index))
        seen[kind(item)] += 1
    return [items[index] for _, index in sorted(ranked)[:MAX_EXAMPLES]]


def _kinds(failures: Iterable[FailedRequest]) -> tuple[FailureKind, ...]:
    counts = Counter(
        (r.target, r.side, r.phase, r.manner or Manner.UNKNOWN, r.status) for r in (f.request for f in failures)
    )
    return bounded_kinds([FailureKind(*kind, failures=count) for kind, count in counts.items()])


def bounded_kinds(kinds: Iterable[FailureKind]) -> tuple[FailureKind, ...]:
    """The most frequent first."""
    ranked = sorted(kinds, key=lambda k: (-k.failures, k.target or "", k.side or "", k.phase, k.manner, k.status or 0))
    return tuple(ranked[:MAX_KINDS])


def bounded(targets: Sequence[TargetTraffic]) -> tuple[TargetTraffic, ...]:
    """By name; if there are more than `MAX_TARGETS`, those that failed most and then those that served most."""
    worst = sorted(targets, key=lambda t: (-t.failed, -t.requests, t.target))[:MAX_TARGETS]
    return tuple(sorted(worst, key=lambda t: t.target))


def _placed(requests: Sequence[Request]) -> Iterator[FailedRequest]:
    """Every request of one target with the burst it belongs to and the silence before that burst."""
    yield from (FailedRequest(r) for r in requests if r.start_s is None)
    for burst in bursts_of(r for r in requests if r.start_s is not None):
        yield from (FailedRequest(r, burst.idle_s, len(burst.requests)) for r in burst.requests)


def _target(target: str, placed: Sequence[FailedRequest]) -> TargetTraffic:
    requests = [place.request for place in placed]
    failed = sum(r.failed for r in requests)
    connects = Counter(coarse(micros(r.connect_s) or 0) for r in requests if r.connect_s is not None)
    waits = Counter(coarse(micros(r.wait_s) or 0) for r in requests if r.wait_s is not None and not r.failed)
    delayed = [r for r in requests if delayed_by_syn(r.connect_s)]
    bursts = [*bursts_of(r for r in requests if r.start_s is not None)]
    after_idle = [p for p in placed if p.idle_before_s is not None and p.idle_before_s >= IDLE_S]
    return TargetTraffic(
        target=target,
        requests=len(requests),
        failed=failed,
        connect_median_s=quantile_s(connects, 0.5),
        wait_median_s=quantile_s(waits, 0.5),
        wait_p99_s=quantile_s(waits, 0.99),
        delayed_connects=tuple(delayed[:MAX_EXAMPLES]),
        delayed_connects_total=len(delayed),
        timed_connects=sum(connects.values()),
        after_idle=len(after_idle),
        after_idle_failed=sum(p.request.failed for p in after_idle),
        silences=silences(bursts) if failed else (),
        by_burst=by_size((len(b.requests), sum(r.failed for r in b.requests)) for b in bursts),
    )


def bucket_us(from_us: int, to_us: int) -> int:
    """The width of the timeline's intervals for such a span: whole seconds."""
    span_us = to_us - from_us
    widths_us = (width_s * 1_000_000 for width_s in BUCKETS_S)
    fitting = (width_us for width_us in widths_us if span_us <= width_us * MAX_BUCKETS)
    return next(fitting, -(-span_us // (MAX_BUCKETS * 1_000_000)) * 1_000_000)


def _timeline(requests: Sequence[Request]) -> tuple[float, tuple[Bucket, ...]]:
    timed = [(micros(r.end_s) or 0, r) for r in requests if r.end_s is not None]
    if not timed:
        return float(BUCKETS_S[0]), ()
    width_us = bucket_us(min(at_us for at_us, _ in timed), max(at_us for at_us, _ in timed))
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for at_us, request in timed:
        count = counts[at_us // width_us]
        count[0] += 1
        if request.failed and (request.status or 0) >= 500:
            count[2 if request.side is Side.TARGET else 1] += 1
    return width_us / 1e6, tuple(Bucket(index * width_us / 1e6, *counts[index]) for index in sorted(counts))
