"""Pauses that the target's own log tells of, against the requests that waited: garbage collection, safepoints."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from why502.facts.durations import spent_s
from why502.facts.workers import coincidence
from why502.model.evidence import Evidence, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene

LONG = 0.5
"""A pause that is shorter than this share of the time waited does not explain it."""


def paused(scene: Scene, most: float) -> Iterator[Evidence]:
    """The program stood still while they waited; `most` gives the direction, and how much at the most."""
    found = coincidence(scene, ("pause",))
    waits_s = [seen_s for p in scene.cluster.logged if (seen_s := spent_s(p.request)) is not None]
    longest_s = max((e.lasted_s or 0.0 for e in scene.case.events if e.kind == "pause"), default=0.0)
    if found is None or not found.holds or not waits_s or longest_s < LONG * median(waits_s):
        return
    bits = min(abs(most), found.bits)
    yield Evidence(bits if most > 0 else -bits, f"{found.first.text}; {found}", Source.EVENTS, found.first.at)
