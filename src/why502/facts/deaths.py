"""Requests that died together, and whether the target was gone afterwards: what a crash or a restart looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.asked_again import asked_again
from why502.facts.coarse import SECOND_S, coarse_logs
from why502.facts.exact_tests import p_so_many
from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.facts.scene import Cluster, Failure, Scene
    from why502.model.case import Window

TOGETHER_S = 0.05
"""A process that dies closes all its connections within milliseconds; 50 ms cover the log's clock and the network."""
SPREAD = 4.0
"""Requests of one page begin and end together whatever happens to them. Those that began at different times, at least
this many times as far apart as their ends, and ended at one instant were ended by one event."""
AT_ONCE_S = 0.001
"""On the wire. The kernel closes all sockets of a process that ends in one go, some microseconds each (`do_exit`,
`exit_files`, `close_files` in fs/file.c); what tells them apart at the proxy is the network's doing."""
AT_WORK_S = 0.02
"""Begun at least so long before: a sweep of idle connections ends at one instant what is just being used again."""
SHARP = 3
"""So many ends in one such moment are no accident; two are, on a busy target."""
MANY_WINDOWS = 20
"""Failures that all fell into a shorter time tell no rate."""
CHANCE = 0.05
AFTERWARDS_S = 10.0
"""A service that is started again listens within seconds; refusals later than this have another cause."""


class Deaths(Struct, frozen=True):
    """The largest group of one cluster that ended at one instant."""

    together: int
    """Failures that ended within `TOGETHER_S` although they had begun at different times; 0: there is no such group."""
    at_s: float | None
    sharp: bool
    """They ended within `AT_ONCE_S`, by the wire."""
    refused_after: int
    """Connects to the same target that were refused (or failed at once) within `AFTERWARDS_S` after any failure."""
    restarts_near: int
    """Times the target's listener was opened anew within `AFTERWARDS_S` around any failure."""
    closings_near: int
    """Times it was closed so near to any failure."""
    instants: tuple[int, ...]
    """How many failures each instant took, the largest first; as fine as their times are known."""

    def covered(self, events: int) -> float:
        """Share of the failures that so many events can have ended: each ends what is in flight at one instant."""
        return sum(self.instants[:events]) / sum(self.instants) if self.instants else 0.0


def deaths(scene: Scene) -> Deaths:
    """Of the scene's cluster, with the other clusters of its target."""
    ends_s = sorted(f.at_s for f in scene.cluster.failures if f.at_s is not None)
    found = (group for group in _groups(scene) if not _by_chance(scene, group))
    group = max(found, key=lambda group: (len(group.ends_s), group.sharp), default=None)
    others = () if scene.cluster.beside_deaths else scene.others
    connects = [f for cluster in others if _refused(cluster) for f in cluster.failures]
    restarts = [at for window in scene.listeners for at in window.restarts]
    closings = [closing for window in scene.listeners for closing in window.closings]
    return Deaths(
        together=len(group.ends_s) if group else 0,
        at_s=group.ends_s[0] if group else None,
        sharp=group.sharp if group else False,
        refused_after=sum(_soon_after(f.at_s, ends_s) for f in connects if f.at_s is not None),
        restarts_near=sum(any(abs(at - end_s) <= AFTERWARDS_S for end_s in ends_s) for at in restarts),
        closings_near=sum(any(_at_closing(end_s, closing) for end_s in ends_s) for closing in closings),
        instants=_instants(scene),
    )


def _at_closing(end_s: float, closing: Window) -> bool:
    """Looks far from each other do not tell when it was closed."""
    if closing.to_s - closing.from_s > AFTERWARDS_S:
        return False
    return closing.from_s - AFTERWARDS_S <= end_s <= closing.to_s + AFTERWARDS_S


def _refused(cluster: Cluster) -> bool:
    return cluster.phase is Phase.CONNECT and cluster.manner in (Manner.REFUSED, Manner.UNKNOWN)


def _soon_after(at_s: float, ends_s: Sequence[float]) -> bool:
    return any(0 <= at_s - end_s <= AFTERWARDS_S for end_s in ends_s)


def _instants(scene: Scene) -> tuple[int, ...]:
    exact, rough = ended_at(scene)
    ends_s, width_s = (exact, TOGETHER_S) if exact else (rough, TOGETHER_S + SECOND_S)
    return tuple(sorted(_sizes(sorted(ends_s.values()), width_s), reverse=True))


def _sizes(ends_s: Sequence[float], width_s: float) -> list[int]:
    """How many each instant took, one after the other."""
    sizes: list[int] = []
    begin_s = None
    for end_s in ends_s:
        if begin_s is None or end_s - begin_s > width_s:
            begin_s = end_s
            sizes.append(0)
        sizes[-1] += 1
    return sizes


def ended_at(scene: Scene) -> tuple[dict[int, float], dict[int, float]]:
    """Index of a failure -> when it ended: known to the millisecond, by the wire or a fine log; and to the second."""
    exact: dict[int, float] = {}
    rough: dict[int, float] = {}
    rough_logs = logs_to_the_second(scene)
    for index, failure in enumerate(scene.cluster.failures):
        if failure.conversation is not None and failure.conversation.end_s:
            exact[index] = failure.conversation.end_s
        elif failure.at_s is not None:
            coarse = failure.logged is not None and failure.logged.request.at.path in rough_logs
            (rough if coarse else exact)[index] = failure.at_s
    return exact, rough


@asked_again
def logs_to_the_second(scene: Scene) -> frozenset[str]:
    """Paths of the logs that do not tell when within a second something was (`facts.coarse`)."""
    clusters = (scene.cluster, *scene.others)
    return coarse_logs(place.request for cluster in clusters for place in cluster.logged)


class _Group(Struct, frozen=True):
    """Failures that one event ended."""

    ends_s: tuple[float, ...]
    """Ascending."""
    sharp: bool


def _groups(scene: Scene) -> Iterator[_Group]:
    """The largest ones of the log's accuracy, and of the wire's."""
    exact, _ = ended_at(scene)
    timed: list[tuple[float, float]] = []
    seen: list[tuple[float, float]] = []
    for index, failure in enumerate(scene.cluster.failures):
        begun_s = began_at(failure)
        if index in exact and begun_s is not None:
            timed.append((exact[index], begun_s))
            on_wire = failure.conversation is not None and failure.conversation.end_s
            if on_wire and exact[index] - begun_s >= AT_WORK_S:
                seen.append((exact[index], begun_s))
    yield from _one_event(timed, TOGETHER_S, TOGETHER_S / 2, 2, sharp=False)
    # Two of only two: no other one shows that this target's requests end one by one.
    fewest = 2 if len(seen) == len(scene.cluster.failures) == 2 else SHARP
    yield from _one_event(seen, AT_ONCE_S, AT_ONCE_S, fewest, sharp=True)


def _by_chance(scene: Scene, group: _Group) -> bool:
    """Failures that end one by one, many a second, fall together now and then: whether such groups are none more.

    Under a steady rate the number that follows within a window is Poisson's; so is, nearly, that of such windows.
    """
    exact, _ = ended_at(scene)
    ends_s = sorted(exact.values())
    within_s, size = (AT_ONCE_S if group.sharp else TOGETHER_S), len(group.ends_s)
    windows = (ends_s[-1] - ends_s[0]) / within_s
    if windows < MANY_WINDOWS:
        return False
    sizes = _sizes(ends_s, within_s)
    expected = len(sizes) * p_so_many(size - 1, len(ends_s) / windows)
    return p_so_many(max(1, sum(one >= size for one in sizes)), expected) > CHANCE


def _one_event(
    timed: Sequence[tuple[float, float]], within_s: float, least_s: float, fewest: int, *, sharp: bool
) -> Iterator[_Group]:
    """Of pairs (end, begin): ended within that time, begun `SPREAD` times as far apart or as `least_s`."""
    timed = sorted(timed)
    first = 0
    for index, (end_s, _) in enumerate(timed):
        while end_s - timed[first][0] > within_s:
            first += 1
        group = timed[first : index + 1]
        begun = [begun_s for _, begun_s in group]
        apart = max(begun) - min(begun) >= SPREAD * max(group[-1][0] - group[0][0], least_s)
        if len(group) >= fewest and apart:
            yield _Group(tuple(end_s for end_s, _ in group), sharp)


def began_at(failure: Failure) -> float | None:
    """When the request that failed was begun, by the clock that tells its end."""
    if failure.conversation is not None and failure.conversation.end_s:
        return failure.conversation.request_s
    return failure.logged.request.start_s if failure.logged is not None else None
