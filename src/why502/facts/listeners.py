"""Listeners over the time in which they were watched, and which of them can be a given target."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from why502.facts.kills import Killing
from why502.facts.scene import ListenerWindow
from why502.model.case import Window
from why502.model.evidence import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.host import HostRecord, Listener, Namespace, Process, Snapshot

WILDCARDS = frozenset({"0.0.0.0", "[::]", "*"})  # noqa: S104 - compared with, not bound to

MAPPED = "[::ffff:"

FEWEST_STANDING = 2

Sightings = list[tuple["Snapshot", "Listener"]]


def listener_windows(record: HostRecord, path: str) -> Iterator[ListenerWindow]:
    """One for each (namespace, address); a service that was restarted has several sockets, summed up here."""
    over = _Watched(record, path)
    sightings: dict[tuple[int, str], Sightings] = defaultdict(list)
    for snapshot in record.snapshots:
        for listener in snapshot.listeners:
            sightings[listener.netns, listener.address].append((snapshot, listener))
    return _with_overflows([over.window(seen) for seen in sightings.values()])


def _with_overflows(windows: Sequence[ListenerWindow]) -> Iterator[ListenerWindow]:
    """Where no socket tells its drops, ListenDrops of the namespace are those of the only listener they can come from.

    `tcp_listendrop` (include/net/tcp.h) counts both. That listener is alone, or the only one whose queue was seen full.
    """
    silent: dict[int, list[ListenerWindow]] = defaultdict(list)
    for window in windows:
        silent[window.listener.netns].append(window)
    for window in windows:
        beside = silent[window.listener.netns]
        full = [one for one in beside if one.queue_len_max > one.listener.backlog]
        untold = all(one.drops is None for one in beside)
        if untold and (full or beside) == [window] and (drops := window.grown.get("ListenDrops")) is not None:
            yield msgspec.structs.replace(window, drops=drops)
        else:
            yield window


class _Watched:
    """What all windows of one record share, looked up once: a host may have thousands of listeners."""

    def __init__(self, record: HostRecord, path: str) -> None:
        self._path = path
        self._first, self._last = record.snapshots[0], record.snapshots[-1]
        self._old = {listener.inode for listener in self._first.listeners}
        self._namespaces = {namespace.inode: namespace for namespace in self._last.namespaces}
        before = {namespace.inode: namespace for namespace in self._first.namespaces}
        self._killing = Killing(record)
        self._looks = record.snapshots
        self._grown = {inode: growth(before.get(inode), now) for inode, now in self._namespaces.items()}
        self._processes: dict[float, dict[int, Process]] = {
            snapshot.at_s: {process.pid: process for process in snapshot.processes} for snapshot in record.snapshots
        }

    def window(self, seen: Sightings) -> ListenerWindow:
        listener = seen[-1][1]
        sampled = [s.queue_full_s for _, s in seen if s.queue_full_s is not None]
        return ListenerWindow(
            listener=listener,
            namespace=self._namespaces.get(listener.netns),
            process=self._process(seen),
            at=Place(self._path, name=listener.address, mark="#"),
            watched=Window(self._first.at_s, self._last.at_s),
            drops=self._drops(seen),
            grown=self._grown.get(listener.netns, {}),
            restarts=_restarts(self._first, seen),
            queue_len_max=max(max(s.queue_len, s.queue_len_max or 0) for _, s in seen),
            queue_full_s=sum(sampled) if sampled else None,
            standing=_standing(seen),
            queues=_queues(seen),
            sockets=sum(snapshot is seen[-1][0] for snapshot, _ in seen),
            owners=frozenset(pid for _, one in seen for pid in one.pids),
            kills=self._killing.of(seen),
            stopped_s=_stopped(seen),
            departures=_departures(seen),
            closings=_closings(self._looks, seen),
        )

    def _process(self, seen: Sightings) -> Process | None:
        """The newest known owner: a snapshot may come between a start and the look at the process.

        What runs in it may only be told where it was seen first.
        """
        newest = None
        for snapshot, listener in reversed(seen):
            known = self._processes[snapshot.at_s]
            for process in (known[pid] for pid in sorted(listener.pids) if pid in known):
                newest = newest or process
                if process.pid == newest.pid and process.software:
                    return msgspec.structs.replace(newest, server=process.server, software=process.software)
        return newest

    def _drops(self, seen: Sightings) -> int | None:
        """Growth of `sk_drops`, summed over the sockets that followed each other at the address.

        A socket opened while we watched began at 0. With a single snapshot nothing can be compared.
        """
        if self._first is self._last:
            return None
        by_socket: dict[int, list[int]] = defaultdict(list)
        for _, listener in seen:
            if listener.drops is None:
                return None
            by_socket[listener.inode].append(listener.drops)
        grown = [drops[-1] - (drops[0] if inode in self._old else 0) for inode, drops in by_socket.items()]
        return sum(grown) if all(growth >= 0 for growth in grown) else None


def _queues(seen: Sightings) -> tuple[tuple[float, float, int], ...]:
    """What a look says of the time before it belongs to all of that time; the first one knows only its own instant."""
    found: list[tuple[float, float, int]] = []
    before_s = seen[0][0].at_s
    for snapshot, listener in seen:
        longest = max(listener.queue_len, listener.queue_len_max or 0)
        if longest >= FEWEST_STANDING:
            found.append((before_s, snapshot.at_s, longest))
        before_s = snapshot.at_s
    return tuple(found)


def _standing(seen: Sightings) -> tuple[int, int]:
    """(looks in a row, fewest connections that waited then); one waits for an instant at any busy listener."""
    waiting: dict[float, int] = defaultdict(int)
    for snapshot, listener in seen:
        waiting[snapshot.at_s] += listener.queue_len
    best, row = (0, 0), (0, 0)
    for at_s in sorted(waiting):
        here = waiting[at_s]
        row = (row[0] + 1, min(row[1] or here, here)) if here >= FEWEST_STANDING else (0, 0)
        best = max(best, row)
    return best


def growth(before: Namespace | None, after: Namespace | None) -> dict[str, int]:
    """Counters that went backwards (a new namespace under an old number) are absent."""
    if before is None or after is None or before is after:
        return {}
    old, new = _counts(before), _counts(after)
    grown = {name: new[name] - old[name] for name in sorted(old.keys() & new.keys())}
    return {name: value for name, value in grown.items() if value >= 0}


def _counts(namespace: Namespace) -> dict[str, int]:
    """Counters of TCP and of connection tracking."""
    tracked = namespace.conntrack
    if tracked is None:
        return namespace.counters
    found = {
        "ConntrackDrop": tracked.drops,
        "ConntrackEarlyDrop": tracked.early_drops,
        "ConntrackInsertFailed": tracked.insert_failed,
        "ConntrackInvalid": tracked.invalid,
    }
    return namespace.counters | {name: value for name, value in found.items() if value is not None}


def _restarts(first: Snapshot, seen: Sightings) -> tuple[float, ...]:
    """When all sockets at the address had been replaced; siblings with SO_REUSEPORT that come and go do not count."""
    by_look: dict[float, set[int]] = defaultdict(set)
    for snapshot, listener in seen:
        by_look[snapshot.at_s].add(listener.inode)
    restarts: list[float] = []
    before = by_look.get(first.at_s, set())
    for at_s in sorted(by_look):
        if at_s > first.at_s and by_look[at_s].isdisjoint(before):
            restarts.append(at_s)
        before = by_look[at_s]
    return tuple(restarts)


def _closings(looks: Sequence[Snapshot], seen: Sightings) -> tuple[Window, ...]:
    """A look that did not see the namespace tells nothing of what listens in it."""
    netns, there = seen[-1][1].netns, {snapshot.at_s for snapshot, _ in seen}
    telling = [look for look in looks if look.at_s in there or any(space.inode == netns for space in look.namespaces)]
    return tuple(
        Window(before.at_s, after.at_s)
        for before, after in pairwise(telling)
        if before.at_s in there and after.at_s not in there
    )


def _stopped(seen: Sightings) -> tuple[float, ...]:
    """Looks at which all processes behind the socket stood still."""
    return tuple(
        snapshot.at_s
        for snapshot, listener in seen
        if (own := [p for p in snapshot.processes if p.pid in listener.pids]) and all(p.stopped for p in own)
    )


def _departures(seen: Sightings) -> tuple[Window, ...]:
    """For each process that held a socket and was gone at the next look, others still holding it: between which looks.

    So it is with workers of a server that forks.
    """
    by_socket: dict[int, Sightings] = defaultdict(list)
    for snapshot, listener in seen:
        by_socket[listener.inode].append((snapshot, listener))
    return tuple(
        Window(before.at_s, after.at_s)
        for looks in by_socket.values()
        for (before, old), (after, new) in pairwise(looks)
        if set(old.pids) & set(new.pids)
        for _ in set(old.pids) - set(new.pids)
    )


def split_address(address: str) -> tuple[str, str]:
    """Host and port; the host of a bare name or path is the whole.

    >>> split_address("10.0.0.7:8080"), split_address("[::1]:80"), split_address("unix:/run/app.sock")
    (('10.0.0.7', '8080'), ('[::1]', '80'), ('unix:/run/app.sock', ''))

    Java binds IPv4 addresses as IPv6 ones that stand for them (RFC 4291, section 2.5.5.2):

    >>> split_address("[::ffff:10.0.0.7]:8080")
    ('10.0.0.7', '8080')
    """
    host, colon, port = address.rpartition(":")
    if host.startswith(MAPPED):
        host = host.removeprefix(MAPPED).rstrip("]")
    return (host, port) if colon and port.isdigit() else (address, "")


def listeners_of(target: str | None, windows: Sequence[ListenerWindow]) -> tuple[ListenerWindow, ...]:
    """Listeners that can be this target: the very address if there is one, otherwise wildcards on its port."""
    if target is None:
        return ()
    host, port = split_address(target)
    same_port = [w for w in windows if split_address(w.listener.address)[1] == port]
    exact = tuple(w for w in same_port if split_address(w.listener.address)[0] == host)
    return exact or tuple(w for w in same_port if split_address(w.listener.address)[0] in WILDCARDS)
