"""What a server's own log tells of its workers, set against the failures in time."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.following import p_value, seen_window
from why502.facts.victims import at_target
from why502.model.case import KernelEvent

if TYPE_CHECKING:
    from collections.abc import Collection

    from why502.facts.scene import Scene

CLOCKS_S = 2.0
"""Both logs are cut down to seconds, and either may be written a little later than the other."""
MOST = 0.6
SMALLEST = 1e-6


class Coincidence(Struct, frozen=True):
    """Failures that came with what the server told."""

    failures: int
    near: int
    p: float
    """Chance of so many, if the failures had fallen anywhere."""
    first: KernelEvent
    events: int = 1
    """Times at which it was told, those that go together counted once."""

    @property
    def holds(self) -> bool:
        return self.near >= MOST * self.failures

    @property
    def bits(self) -> float:
        """How much likelier it is that they came together if one brought the other."""
        return -log2(max(self.p, SMALLEST))

    def __str__(self) -> str:
        return f"{self.near} of {self.failures} requests failed then (binomial p = {self.p:.2g})"


def coincidence(scene: Scene, kinds: Collection[str], lasts_s: float = 0.0) -> Coincidence | None:
    """With events of these kinds, or up to `lasts_s` after one; None if there is nothing to be compared.

    One event and one failure can meet by chance as well: the share of the time near events tells how likely that is.
    """
    events = [event for event in scene.case.events if event.kind in kinds and _may_be(scene, event)]
    failures_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    seen = seen_window(scene.case)
    if not events or not failures_s or seen is None:
        return None
    spans = _united(sorted((e.at_s - (e.lasted_s or 0.0) - CLOCKS_S, e.at_s + lasts_s + CLOCKS_S) for e in events))
    near = [at_s for at_s in failures_s if any(begin_s <= at_s <= end_s for begin_s, end_s in spans)]
    width_s = max(seen.to_s - seen.from_s, 1.0)
    covered_s = sum(max(0.0, min(end_s, seen.to_s) - max(begin_s, seen.from_s)) for begin_s, end_s in spans)
    # Failures of one span are one event: they fall together whatever brings them.
    met = sum(any(begin_s <= at_s <= end_s for at_s in near) for begin_s, end_s in spans)
    elsewhere = len({int(at_s) for at_s in failures_s} - {int(at_s) for at_s in near})
    return Coincidence(
        failures=len(failures_s),
        near=len(near),
        p=p_value(met, met + elsewhere, min(1.0, covered_s / width_s)),
        first=events[0],
        events=len(spans),
    )


def _may_be(scene: Scene, event: KernelEvent) -> bool:
    """Whether it tells of this target: a queue is named by its address, whose port must be the target's; the children
    of the proxy are not the target's.
    """
    if at_target(scene, event) is False:
        return False
    if event.kind == "worker-died" and event.process is not None:
        return all(place.request.proxy != event.process for place in scene.cluster.logged)
    if event.kind != "queue-full" or event.process is None or scene.cluster.target is None:
        return True
    target = scene.cluster.target
    if target.startswith("unix:"):
        return event.process == target.removeprefix("unix:")
    return event.process.rpartition(":")[2] == target.rpartition(":")[2]


def _united(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    united: list[tuple[float, float]] = []
    for begin_s, end_s in spans:
        if united and begin_s <= united[-1][1]:
            united[-1] = united[-1][0], max(united[-1][1], end_s)
        else:
            united.append((begin_s, end_s))
    return united
