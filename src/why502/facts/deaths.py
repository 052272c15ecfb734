"""Requests that died together, and whether the target was gone afterwards: what a crash or a restart looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Cluster, Failure, Scene

TOGETHER_S = 0.05
"""A process that dies closes all its connections within milliseconds; 50 ms cover the log's clock and the network."""
SPREAD = 4.0
"""Requests of one page begin and end together whatever happens to them. Those that began at different times, at least
this many times as far apart as their ends, and ended at one instant were ended by one event."""
AFTERWARDS_S = 10.0
"""A service that is started again listens within seconds; refusals later than this have another cause."""


class Deaths(Struct, frozen=True):
    """The largest group of one cluster that ended at one instant."""

    together: int
    """Failures that ended within `TOGETHER_S` although they had begun at different times; 0: there is no such group."""
    at_s: float | None
    refused_after: int
    """Connects to the same target that were refused (or failed at once) within `AFTERWARDS_S` after any failure."""
    restarts_near: int
    """Times the target's listener was opened anew within `AFTERWARDS_S` around any failure."""


def deaths(scene: Scene) -> Deaths:
    """Of the scene's cluster, with the other clusters of its target."""
    ends_s = sorted(f.at_s for f in scene.cluster.failures if f.at_s is not None)
    together, at_s = _largest_group(scene.cluster)
    connects = [f for cluster in scene.others if _refused(cluster) for f in cluster.failures]
    restarts = [at for window in scene.listeners for at in window.restarts]
    return Deaths(
        together=together,
        at_s=at_s,
        refused_after=sum(_soon_after(f.at_s, ends_s) for f in connects if f.at_s is not None),
        restarts_near=sum(any(abs(at - end_s) <= AFTERWARDS_S for end_s in ends_s) for at in restarts),
    )


def _refused(cluster: Cluster) -> bool:
    return cluster.phase is Phase.CONNECT and cluster.manner in (Manner.REFUSED, Manner.UNKNOWN)


def _soon_after(at_s: float, ends_s: Sequence[float]) -> bool:
    return any(0 <= at_s - end_s <= AFTERWARDS_S for end_s in ends_s)


def _largest_group(cluster: Cluster) -> tuple[int, float | None]:
    both = ((f.at_s, _begun_s(f)) for f in cluster.failures)
    timed = sorted((end_s, begun_s) for end_s, begun_s in both if end_s is not None and begun_s is not None)
    best: tuple[int, float | None] = (0, None)
    first = 0
    for index, (end_s, _) in enumerate(timed):
        while end_s - timed[first][0] > TOGETHER_S:
            first += 1
        group = timed[first : index + 1]
        begun = [begun_s for _, begun_s in group]
        apart = max(begun) - min(begun) >= SPREAD * max(group[-1][0] - group[0][0], TOGETHER_S / 2)
        if len(group) >= 2 and apart and len(group) > best[0]:
            best = (len(group), group[0][0])
    return best


def _begun_s(failure: Failure) -> float | None:
    """When the request that failed was begun."""
    if failure.logged is not None and failure.logged.request.start_s is not None:
        return failure.logged.request.start_s
    return failure.conversation.request_s if failure.conversation is not None else None
