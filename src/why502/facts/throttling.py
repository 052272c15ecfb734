"""How often the target's control group ran into its processor quota while requests failed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.model.evidence import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene
    from why502.model.host import Cgroup


class Throttling(Struct, frozen=True):
    """Periods of the quota (0.1 s each unless set otherwise), counted between looks that a failure lies between."""

    periods: int
    throttled: int
    """In these the group had used up its quota, and all of it stood still until the next one (`nr_throttled`)."""
    stood_s: float
    quota_cores: float | None
    path: str
    at: Place

    @property
    def share(self) -> float:
        return self.throttled / self.periods if self.periods else 0.0


def throttling(scene: Scene) -> Throttling | None:
    """Of the group of the process that owns the target's listener; None if no host tells."""
    spans_s = [
        (f.at_s - ((f.logged.request.total_s or 0.0) if f.logged else 0.0), f.at_s)
        for f in scene.cluster.failures
        if f.at_s is not None
    ]
    for window in scene.listeners[:1]:
        looks = list(_looks(scene, window.listener.pids))
        failing = [
            (before, now)
            for (from_s, before), (to_s, now) in pairwise(looks)
            if before.path == now.path and any(begun_s <= to_s and end_s >= from_s for begun_s, end_s in spans_s)
        ]
        if failing:
            last = failing[-1][1]
            return Throttling(
                periods=sum((b.cpu_periods or 0) - (a.cpu_periods or 0) for a, b in failing),
                throttled=sum((b.cpu_throttled_periods or 0) - (a.cpu_throttled_periods or 0) for a, b in failing),
                stood_s=sum((b.cpu_throttled_s or 0.0) - (a.cpu_throttled_s or 0.0) for a, b in failing),
                quota_cores=last.cpu_quota_cores,
                path=last.cpu_path or last.path,
                at=window.at,
            )
    return None


def _looks(scene: Scene, pids: tuple[int, ...] | frozenset[int]) -> Iterator[tuple[float, Cgroup]]:
    for record in scene.case.hosts:
        for snapshot in record.snapshots:
            owner = next((p for p in snapshot.processes if p.pid in pids and p.cgroup is not None), None)
            if owner is not None and owner.cgroup is not None and owner.cgroup.cpu_periods is not None:
                yield snapshot.at_s, owner.cgroup
