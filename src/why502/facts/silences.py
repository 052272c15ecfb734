"""How long a target was silent before each burst of its requests, as counts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from why502.facts.exact_tests import p_over
from why502.model.patterns import MIN_SILENCE_S, Silence
from why502.model.requests import Request, Side
from why502.model.traffic import BURST_GAP_S, micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from why502.model.traffic import FailedRequest, TargetTraffic

BURST_GAP_US = round(BURST_GAP_S * 1e6)
MIN_SILENCE_US = round(MIN_SILENCE_S * 1e6)

STEPS_US = tuple((10**digits, 10 ** (digits - 1)) for digits in range(13, 0, -1))
"""From this silence on, whole multiples of that one are told apart: two digits; the largest first."""

BY_CHANCE = 1e-3
"""Failures that keep to one silence less likely than this, if they came after any, have it to do with."""

ALIKE = 0.1
"""Silences that differ by less than this share come of one timer, or of one rhythm."""


class Burst(NamedTuple):
    """Requests of one target that began close together."""

    idle_s: float | None
    """Silence before it (no request in flight or beginning); None: nothing came before."""
    requests: list[Request]


def bursts_of(requests: Iterable[Request]) -> Iterator[Burst]:
    """The requests of one target (all with a start), burst by burst."""
    timed = sorted(((micros(r.start_s) or 0, r) for r in requests), key=lambda each: each[0])
    burst: list[Request] = []
    last_us = busy_until_us = 0
    idle_s: float | None = None
    for start_us, request in timed:
        if burst and start_us - last_us > BURST_GAP_US:
            yield Burst(idle_s, burst)
            idle_s = max(0, start_us - busy_until_us) / 1e6
            burst = []
        burst.append(request)
        last_us = start_us
        busy_until_us = max(busy_until_us, micros(request.end_s) or start_us)
    if burst:
        yield Burst(idle_s, burst)


def by_gateway(request: Request) -> bool:
    """Whether it failed, and neither by the target's own answer nor because the client left."""
    return request.failed and request.side not in (Side.TARGET, Side.CLIENT)


def rounded_us(idle_us: int) -> int:
    """Two digits.

    >>> rounded_us(5_034_567), rounded_us(990_000)
    (5000000, 990000)
    """
    step_us = next((step_us for from_us, step_us in STEPS_US if idle_us >= from_us), 1)
    return idle_us // step_us * step_us


def silences(bursts: Sequence[Burst]) -> tuple[Silence, ...]:
    """All that are long enough."""
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for burst in bursts:
        idle_us = micros(burst.idle_s) or 0
        if idle_us >= MIN_SILENCE_US:
            count = counts[rounded_us(idle_us)]
            count[0] += 1
            count[1] += any(by_gateway(r) for r in burst.requests)
    return counted(counts)


def before_bursts(places: Iterable[FailedRequest]) -> list[float]:
    """The silence before each burst with a failure, shortest first: one page that fails is one silence, however many of
    its requests fail.
    """
    begun = [(p.request.start_s, p.idle_before_s) for p in places if p.request.start_s is not None]
    found: list[float] = []
    last_s, shared_s = float("-inf"), float("nan")
    for start_s, idle_s in sorted((s, idle_s) for s, idle_s in begun if idle_s is not None):
        if idle_s != shared_s or start_s - last_s > BURST_GAP_S:
            found.append(idle_s)
        last_s, shared_s = start_s, idle_s
    return sorted(found)


def is_rhythm(traffic: TargetTraffic, gap_s: float) -> bool:
    """Whether it may be the load that comes at this interval: then those that are served come after it as well.

    If little is known of those that are served, it may be. Some come after any silence, and a retry may save them:
    what tells a timer from a rhythm is that requests fail after this silence and not after others.
    """
    if traffic.requests - traffic.failed < traffic.failed:
        return True
    alike = [s for s in traffic.silences if abs(s.idle_s - gap_s) <= ALIKE * gap_s]
    others = [s for s in traffic.silences if abs(s.idle_s - gap_s) > ALIKE * gap_s]
    failed, bursts = sum(s.failed for s in alike), sum(s.bursts for s in alike)
    if bursts <= 2 * failed:
        return False
    return p_over(failed, bursts, sum(s.failed for s in others), sum(s.bursts for s in others)) >= BY_CHANCE


def counted(counts: Mapping[int, Sequence[int]]) -> tuple[Silence, ...]:
    """From microseconds -> (bursts, failed)."""
    return tuple(Silence(idle_us / 1e6, *counts[idle_us]) for idle_us in sorted(counts))
