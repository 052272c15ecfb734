"""A sample of requests that failed and of others, and the timeline in fine steps, of requests in memory."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from why502.facts.silences import by_gateway
from why502.model.patterns import MAX_INTERVALS, MAX_SAMPLED, Interval, Sample, Traits, priority
from why502.model.requests import Request, Side
from why502.model.traffic import micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INTERVALS_S = (1, 5, 10, 30, 60, 300, 900, 3600)


def interval_us(from_us: int, to_us: int) -> int:
    """The width of the fine intervals for such a span: whole seconds."""
    span_us = to_us - from_us
    widths_us = (width_s * 1_000_000 for width_s in INTERVALS_S)
    fitting = (width_us for width_us in widths_us if span_us <= width_us * MAX_INTERVALS)
    return next(fitting, -(-span_us // (MAX_INTERVALS * 1_000_000)) * 1_000_000)


def intervals(requests: Iterable[Request]) -> tuple[float, tuple[Interval, ...]]:
    """Their width in seconds, and those with requests."""
    timed = [(micros(r.end_s) or 0, r) for r in requests if r.end_s is not None]
    if not timed:
        return float(INTERVALS_S[0]), ()
    width_us = interval_us(min(at_us for at_us, _ in timed), max(at_us for at_us, _ in timed))
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for at_us, request in timed:
        count = counts[at_us // width_us]
        count[0] += 1
        count[1] += by_gateway(request)
        count[2] += request.failed and request.side is Side.TARGET
    return width_us / 1e6, tuple(Interval(index * width_us / 1e6, *counts[index]) for index in sorted(counts))


def sample(requests: Sequence[Request]) -> Sample:
    """Of those that failed and of the others as many as are needed, drawn by `priority`."""
    failed = [r for r in requests if r.failed]
    if not failed:
        return Sample()
    others = [r for r in requests if not r.failed]
    return Sample(_drawn(failed), len(failed), _drawn(others), len(others))


def _drawn(requests: Sequence[Request]) -> tuple[Traits, ...]:
    if len(requests) > MAX_SAMPLED:
        requests = sorted(requests, key=lambda r: (priority(r.at.number or 0), r.at.path))[:MAX_SAMPLED]
    return in_order(traits(r) for r in requests)


def traits(request: Request) -> Traits:
    """What the request concerned."""
    r = request
    at_s = r.end_s if r.start_s is None else r.start_s
    kind = "" if r.manner is None else f"{r.phase}, {r.manner}"
    return Traits(at_s, r.side, r.target, r.client, r.path, r.at.path, r.proxy, r.node, kind, server(r))


def server(request: Request) -> str | None:
    """The target's name, where the proxy logs that and no address: HAProxy's 'backend/server'."""
    named = request.proxy == "haproxy" and request.target is None and "/" in (request.group or "")
    return request.group if named else None


def in_order(found: Iterable[Traits]) -> tuple[Traits, ...]:
    """By time."""
    return tuple(sorted(found, key=_order))


def _order(t: Traits) -> tuple[object, ...]:
    """The same for what an engine gives in any order."""
    first = t.at_s or 0.0, t.file, t.target or "", t.client or "", t.path or "", t.side or ""
    return *first, t.proxy, t.node or "", t.kind, t.server or ""
