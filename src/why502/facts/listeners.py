"""Listeners over the time in which they were watched, and which of them can be a given target."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from why502.facts.scene import ListenerWindow
from why502.model.case import Window
from why502.model.evidence import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.host import HostRecord, Listener, Namespace, Process, Snapshot

WILDCARDS = frozenset({"0.0.0.0", "[::]", "*"})  # noqa: S104 - compared with, not bound to


def listener_windows(record: HostRecord, path: str) -> Iterator[ListenerWindow]:
    """One for each (namespace, address); a service that was restarted has several sockets, summed up here."""
    sightings: dict[tuple[int, str], list[tuple[Snapshot, Listener]]] = defaultdict(list)
    for snapshot in record.snapshots:
        for listener in snapshot.listeners:
            sightings[listener.netns, listener.address].append((snapshot, listener))
    for seen in sightings.values():
        yield _window(record, seen, path)


def _window(record: HostRecord, seen: Sequence[tuple[Snapshot, Listener]], path: str) -> ListenerWindow:
    first, last = record.snapshots[0], record.snapshots[-1]
    listener = seen[-1][1]
    sampled = [s.queue_full_s for _, s in seen if s.queue_full_s is not None]
    return ListenerWindow(
        listener=listener,
        namespace=_namespace(last, listener.netns),
        process=_process(seen),
        at=Place(path, name=listener.address, mark="#"),
        watched=Window(first.at_s, last.at_s),
        drops=_drops(record, seen),
        grown=_growth(_namespace(first, listener.netns), _namespace(last, listener.netns)),
        restarts=_restarts(first, seen),
        queue_len_max=max(max(s.queue_len, s.queue_len_max or 0) for _, s in seen),
        queue_full_s=sum(sampled) if sampled else None,
    )


def _namespace(snapshot: Snapshot, inode: int) -> Namespace | None:
    return next((n for n in snapshot.namespaces if n.inode == inode), None)


def _process(seen: Sequence[tuple[Snapshot, Listener]]) -> Process | None:
    """The newest known owner: a snapshot may come between a start and the look at the process."""
    for snapshot, listener in reversed(seen):
        for process in snapshot.processes:
            if process.pid in listener.pids:
                return process
    return None


def _drops(record: HostRecord, seen: Sequence[tuple[Snapshot, Listener]]) -> int | None:
    """Growth of `sk_drops`, summed over the sockets that followed each other at the address.

    A socket opened while we watched began at 0. With a single snapshot nothing can be compared.
    """
    if len(record.snapshots) < 2:
        return None
    by_socket: dict[int, list[int]] = defaultdict(list)
    for _, listener in seen:
        if listener.drops is None:
            return None
        by_socket[listener.inode].append(listener.drops)
    old = {listener.inode for listener in record.snapshots[0].listeners}
    grown = [drops[-1] - (drops[0] if inode in old else 0) for inode, drops in by_socket.items()]
    return sum(grown) if all(growth >= 0 for growth in grown) else None


def _growth(before: Namespace | None, after: Namespace | None) -> dict[str, int]:
    """Counters that went backwards (a new namespace under an old number) are absent."""
    if before is None or after is None or before is after:
        return {}
    both = before.counters.keys() & after.counters.keys()
    growth = {name: after.counters[name] - before.counters[name] for name in sorted(both)}
    return {name: value for name, value in growth.items() if value >= 0}


def _restarts(first: Snapshot, seen: Sequence[tuple[Snapshot, Listener]]) -> tuple[float, ...]:
    """When all sockets at the address had been replaced; siblings with SO_REUSEPORT that come and go do not count."""
    before = {(listener.netns, listener.address, listener.inode) for listener in first.listeners}
    by_look: dict[float, set[tuple[int, str, int]]] = defaultdict(set)
    for snapshot, listener in seen:
        by_look[snapshot.at_s].add((listener.netns, listener.address, listener.inode))
    restarts: list[float] = []
    for at_s in sorted(by_look):
        if at_s > first.at_s and by_look[at_s].isdisjoint(before):
            restarts.append(at_s)
        before = by_look[at_s]
    return tuple(restarts)


def split_address(address: str) -> tuple[str, str]:
    """Host and port; the host of a bare name or path is the whole.

    >>> split_address("10.0.0.7:8080"), split_address("[::1]:80"), split_address("unix:/run/app.sock")
    (('10.0.0.7', '8080'), ('[::1]', '80'), ('unix:/run/app.sock', ''))
    """
    host, colon, port = address.rpartition(":")
    return (host, port) if colon and port.isdigit() else (address, "")


def listeners_of(target: str | None, windows: Sequence[ListenerWindow]) -> tuple[ListenerWindow, ...]:
    """Listeners that can be this target: the very address if there is one, otherwise wildcards on its port."""
    if target is None:
        return ()
    host, port = split_address(target)
    same_port = [w for w in windows if split_address(w.listener.address)[1] == port]
    exact = tuple(w for w in same_port if split_address(w.listener.address)[0] == host)
    return exact or tuple(w for w in same_port if split_address(w.listener.address)[0] in WILDCARDS)
