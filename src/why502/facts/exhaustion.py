"""What runs out: descriptors of a process, ephemeral ports towards a target, entries of conntrack.

Peaks over the time watched, for what is open now says nothing about a burst a second ago; counts as differences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from why502.facts.hosts import placed
from why502.facts.surfaces.differences import called, grown, owner
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.model.requests import Manner, Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from why502.facts.scene import Cluster, Scene
    from why502.model.case import Case, KernelEvent
    from why502.model.host import Conntrack, HostRecord, Namespace, Process


class Use(Struct, frozen=True):
    """How much of something that has an end was in use, at most, while it was watched."""

    used: int
    limit: int
    who: str
    """'nginx 77 in shop', 'network namespace proxy', '10.0.0.7:8080'."""
    at: Place
    detail: str = ""
    pid: int | None = None
    """Of the process that uses it, where it is a process."""

    @property
    def share(self) -> float:
        return self.used / self.limit


class Tracked(Struct, frozen=True):
    """Connection tracking of one network namespace while it was watched."""

    most: Use
    dropped: int | None
    """Packets for which no entry could be made; None: seen once only, or the kernel does not tell."""
    looks: int


RESOURCES: Final = {
    "descriptors": expression(r"[Tt]oo many open files|\((?:23|24):|errno (?:23|24)\b"),
    "ports": expression(r"[Cc]annot assign requested address|\(99:|errno 99\b"),
    "connections": expression(r"worker_connections are not enough"),
}
"""strerror of EMFILE, ENFILE and EADDRNOTAVAIL; their numbers as nginx and Varnish write them; nginx's own limit."""


NEAR_S: Final = 60.0
"""The kernel limits the rate of its messages, and failures follow at once: by so much they may be apart."""


class Named(Struct, frozen=True):
    """The resource that a proxy says it has run out of."""

    resource: str
    """A key of `RESOURCES`."""
    request: Request
    """The first failed one that says so; its `reason` holds the words."""


def named(cluster: Cluster) -> Named | None:
    """In the proxy's own words; None if it names none of them."""
    if cluster.manner is not Manner.EXHAUSTED:
        return None
    for failed in cluster.logged:
        for resource, words in RESOURCES.items():
            if words.search(failed.request.reason or ""):
                return Named(resource, failed.request)
    return None


def descriptors(scene: Scene) -> tuple[list[Use], list[Use]]:
    """Peaks of the processes behind the target's listener, and of all others that listen on the hosts given."""
    own = {(window.process.pid, window.process.start_s) for window in scene.listeners if window.process}
    own_sockets = {(window.listener.netns, window.listener.address) for window in scene.listeners}
    targets: list[Use] = []
    others: list[Use] = []
    for record, at in placed(scene.case):
        peaks: dict[tuple[int, float | None], tuple[Process, int, int]] = {}
        for process in (one for snapshot in record.snapshots for one in snapshot.processes):
            if process.fds_open is None or not process.fds_limit:  # a limit of 0 belongs to one that wants none
                continue
            key, most = (process.pid, process.start_s), max(process.fds_open, process.fds_open_max or 0)
            _, used, limit = peaks.get(key, (process, 0, 1))
            if most * limit >= used * process.fds_limit:
                peaks[key] = (process, most, process.fds_limit)
        holders = {
            pid
            for snapshot in record.snapshots
            for listener in snapshot.listeners
            if (listener.netns, listener.address) in own_sockets
            for pid in listener.pids
        }
        for key, (process, used, limit) in peaks.items():
            use = Use(used, limit, owner(process), at, pid=process.pid)
            (targets if key in own or process.pid in holders else others).append(use)
    return targets, others


def ports(scene: Scene) -> list[Use]:
    """Ephemeral ports taken towards the cluster's target, in each namespace that connects to it."""
    target = scene.cluster.target
    found: dict[tuple[str, int], Use] = {}
    for record, at in placed(scene.case):
        for space in (one for snapshot in record.snapshots for one in snapshot.namespaces):
            if space.ephemeral_first is None or space.ephemeral_last is None:
                continue
            number = space.ephemeral_last - space.ephemeral_first + 1
            for one in space.destinations or ():
                known = found.get((at.path, space.inode))
                if one.address == target and (known is None or one.ports_used >= known.used):
                    detail = f"{one.time_wait} of them in TIME_WAIT"
                    found[at.path, space.inode] = Use(one.ports_used, max(1, number), called(space), at, detail)
    return list(found.values())


def tracking(case: Case) -> list[Tracked]:
    """Every network namespace of the hosts given that tracks connections."""
    return [
        tracked
        for record, at in placed(case)
        for inode in {space.inode: None for snapshot in record.snapshots for space in snapshot.namespaces}
        if (tracked := _tracked(_over_time(record, inode), at)) is not None
    ]


def told_full(scene: Scene) -> tuple[KernelEvent, ...]:
    """The kernel's own words about a full table, near the cluster's failures; all, if their time is not known."""
    window = scene.cluster.window
    return tuple(
        event
        for event in scene.case.events
        if event.kind == "conntrack-full"
        and (window is None or window.from_s - NEAR_S <= event.at_s <= window.to_s + NEAR_S)
    )


def _tracked(seen: list[tuple[Namespace, Conntrack]], at: Place) -> Tracked | None:
    if not seen:
        return None
    space, fullest = max(seen, key=lambda one: one[1].entries / max(1, one[1].limit))
    dropped = grown(seen[0][1], seen[-1][1], lambda one: one.drops)
    most = Use(fullest.entries, max(1, fullest.limit), called(space), at)
    return Tracked(most, None if dropped is None else int(dropped), len(seen))


def _over_time(record: HostRecord, inode: int) -> list[tuple[Namespace, Conntrack]]:
    spaces: Iterable[Namespace] = (one for snapshot in record.snapshots for one in snapshot.namespaces)
    return [(one, one.conntrack) for one in spaces if one.inode == inode and one.conntrack is not None]
