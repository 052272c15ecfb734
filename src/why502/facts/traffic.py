"""Sums up logged requests: failures one by one, targets, bursts and idle spells, the timeline."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from why502.facts.error_log import join
from why502.model.requests import Request, Side
from why502.model.traffic import (
    BURST_GAP_S,
    IDLE_S,
    MAX_EXAMPLES,
    SYN_STEP_SLACK_S,
    SYN_STEPS_S,
    Bucket,
    FailedRequest,
    TargetTraffic,
    Traffic,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BUCKETS_S = (1.0, 5.0, 10.0, 60.0, 300.0, 900.0, 3600.0)
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
    failures: list[FailedRequest] = []
    targets: list[TargetTraffic] = []
    for target, served in by_target.items():
        placed = list(_placed(served))
        failures += [place for place in placed if place.request.failed]
        if target is not None:
            targets.append(_target(target, placed))
    failures.sort(key=lambda failure: failure.request.end_s or 0.0)
    bucket_s, timeline = _timeline(everything)
    return Traffic(
        requests=len(joined),
        failures=tuple(failures[:MAX_EXAMPLES]),
        failures_total=len(failures),
        targets=tuple(sorted(targets, key=lambda t: t.target)),
        timeline=timeline,
        bucket_s=bucket_s,
    )


def _placed(requests: Sequence[Request]) -> Iterator[FailedRequest]:
    """Every request of one target with the burst it belongs to and the silence before that burst."""
    timed = sorted((r for r in requests if r.start_s is not None), key=lambda r: r.start_s or 0.0)
    yield from (FailedRequest(r) for r in requests if r.start_s is None)
    burst: list[Request] = []
    idle_s: float | None = None
    busy_until_s: float | None = None
    for request in timed:
        start_s = request.start_s or 0.0
        if burst and start_s - (burst[-1].start_s or 0.0) > BURST_GAP_S:
            yield from (FailedRequest(r, idle_s, len(burst)) for r in burst)
            busy_until_s = max(busy_until_s or 0.0, *(r.end_s or r.start_s or 0.0 for r in burst))
            idle_s = max(0.0, start_s - busy_until_s)
            burst = []
        burst.append(request)
    yield from (FailedRequest(r, idle_s, len(burst)) for r in burst)


def delayed_by_syn(connect_s: float | None) -> bool:
    """Whether a time to connect lies just above a retransmission of the SYN.

    >>> delayed_by_syn(1.034), delayed_by_syn(0.4), delayed_by_syn(2.9)
    (True, False, False)
    """
    return connect_s is not None and any(0.0 <= connect_s - step_s < SYN_STEP_SLACK_S for step_s in SYN_STEPS_S)


def _target(target: str, placed: Sequence[FailedRequest]) -> TargetTraffic:
    requests = [place.request for place in placed]
    connects_s = [r.connect_s for r in requests if r.connect_s is not None]
    waits_s = sorted(r.wait_s for r in requests if r.wait_s is not None and not r.failed)
    delayed = [r for r in requests if delayed_by_syn(r.connect_s)]
    after_idle = [p for p in placed if p.idle_before_s is not None and p.idle_before_s >= IDLE_S]
    return TargetTraffic(
        target=target,
        requests=len(requests),
        failed=sum(r.failed for r in requests),
        connect_median_s=median(connects_s) if connects_s else None,
        wait_median_s=median(waits_s) if waits_s else None,
        wait_p99_s=waits_s[int(0.99 * (len(waits_s) - 1))] if waits_s else None,
        delayed_connects=tuple(delayed[:MAX_EXAMPLES]),
        delayed_connects_total=len(delayed),
        timed_connects=len(connects_s),
        after_idle=len(after_idle),
        after_idle_failed=sum(p.request.failed for p in after_idle),
    )


def _timeline(requests: Sequence[Request]) -> tuple[float, tuple[Bucket, ...]]:
    times_s = [r.end_s for r in requests if r.end_s is not None]
    if not times_s:
        return BUCKETS_S[0], ()
    span_s = max(times_s) - min(times_s)
    bucket_s = next((b for b in BUCKETS_S if span_s / b <= MAX_BUCKETS), max(BUCKETS_S[-1], span_s / MAX_BUCKETS))
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for request in requests:
        if request.end_s is None:
            continue
        count = counts[int(request.end_s // bucket_s)]
        count[0] += 1
        if request.failed and (request.status or 0) >= 500:
            count[2 if request.side is Side.TARGET else 1] += 1
    return bucket_s, tuple(Bucket(index * bucket_s, *counts[index]) for index in sorted(counts))
