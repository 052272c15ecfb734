"""Differences between the first and the last look; None where one of the two is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from why502.model.host import Cgroup, HostRecord, Namespace, Process, Resources

T = TypeVar("T")
Number = float | int | None
OWN = "host"
"""The network namespace without a name is that from which we looked (`host.namespaces.find`)."""


def watched_s(record: HostRecord) -> float:
    return record.snapshots[-1].at_s - record.snapshots[0].at_s


def grown(before: T | None, after: T | None, value: Callable[[T], Number]) -> float | None:
    """How much a cumulative number grew; None where it is not told, or went backwards."""
    if before is None or after is None or before is after:
        return None
    old, new = value(before), value(after)
    return new - old if old is not None and new is not None and new >= old else None


def share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def resources(record: HostRecord) -> tuple[Resources, Resources]:
    return record.snapshots[0].resources, record.snapshots[-1].resources


def namespaces(record: HostRecord) -> Iterator[tuple[Namespace | None, Namespace]]:
    """Each network namespace of the last look, with what it was at the first."""
    before = {one.inode: one for one in record.snapshots[0].namespaces}
    single = len(record.snapshots) == 1
    return ((None if single else before.get(one.inode), one) for one in record.snapshots[-1].namespaces)


def processes(record: HostRecord) -> Iterator[tuple[Process | None, Process]]:
    """Each owner of a listener at the last look, with what it was at the first."""
    before = {one.pid: one for one in record.snapshots[0].processes}
    single = len(record.snapshots) == 1
    return ((None if single else before.get(one.pid), one) for one in record.snapshots[-1].processes)


def cgroups(record: HostRecord) -> Iterator[tuple[Cgroup | None, Cgroup, Process]]:
    """Each control group once, with one process that lives in it."""
    seen = set()
    for before, process in processes(record):
        if process.cgroup is not None and (key := (process.cgroup.path, process.cgroup.cpu_path)) not in seen:
            seen.add(key)
            yield (before.cgroup if before else None), process.cgroup, process


def called(space: Namespace) -> str:
    return space.name or OWN


def owner(process: Process) -> str:
    return f"{process.name} {process.pid}" + (f" in {process.container}" if process.container else "")
