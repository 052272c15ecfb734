"""A target whose control group used up its processor quota, as suspects weigh it.

It stands still until the next period begins, and every worker with it.
"""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

from why502.facts.metered import THROTTLED as METERED
from why502.facts.metered import metered
from why502.facts.queueing import spans_of_wire
from why502.facts.quota_clock import quota_clock
from why502.facts.throttling import throttling
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.suspects.metered import bits_of

if TYPE_CHECKING:
    from why502.facts.quota_clock import QuotaClock
    from why502.facts.scene import Scene

THROTTLED = 0.25
"""A group that stands still in every fourth period answers late, however idle the machine around it is."""
IN_STEP = 3.0
"""All answers in step: a pool's do that where each of its requests takes a whole number of periods, and no more."""
MOST_OF_CLOCK = 8.0


def throttled(scene: Scene, most: float) -> tuple[Evidence, ...]:
    """By its own counters, else by cAdvisor's, and by the moments of its answers; `most` bits for what is counted."""
    return (*_counted(scene, most), *_by_clock(scene, most))


def in_step(scene: Scene) -> bool:
    """Whether answers keep step at all: then one is served after the other, be it by a quota or by a single worker."""
    return _clock(scene) is not None


def _clock(scene: Scene) -> QuotaClock | None:
    failed = scene.cluster.conversations
    spans = spans_of_wire(scene.wire) if scene.cluster.outcome is Outcome.NOT_ANSWERED else ()
    return quota_clock(spans, failed[0].decided_at) if spans and failed else None


def _counted(scene: Scene, most: float) -> tuple[Evidence, ...]:
    found = throttling(scene)
    if found is not None:
        if found.share < THROTTLED:
            return ()
        quota = f" of {found.quota_cores:g} cores" if found.quota_cores else ""
        text = (
            f"the target's control group {found.path} was throttled in {found.throttled} of {found.periods} periods "
            f"while requests failed: it stood still for {found.stood_s:.1f} s, its quota{quota} used up"
        )
        return (Evidence(most, text, Source.HOST, found.at),)
    for metered_ in metered(scene, {METERED}):
        if metered_.holds and (metered_.compared.during or 0.0) >= THROTTLED:
            text = f"share of periods in which its quota was used up ({metered_.at.name}): {metered_.compared}"
            bits = min(abs(most), bits_of(metered_, abs(most)))
            return (Evidence(bits if most > 0 else -bits, text, Source.METRICS, metered_.at),)
    return ()


def _by_clock(scene: Scene, most: float) -> tuple[Evidence, ...]:
    found = _clock(scene)
    if found is None or not found.kept:
        return ()
    bits = min(MOST_OF_CLOCK, IN_STEP - log2(found.p)) / MOST_OF_CLOCK * most
    return (Evidence(bits, str(found), Source.CAPTURE, found.at),)
