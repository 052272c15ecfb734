"""Looks at a host as they were printed, put together into the record that `collect` would have made of it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from why502.facts.listeners import WILDCARDS, split_address
from why502.model.host import (
    HOST_SCHEMA,
    UNTOLD,
    Conntrack,
    Destination,
    HostRecord,
    Listener,
    Namespace,
    Process,
    Snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from why502.sources.printed.sockets import Detail, Row

NETNS: Final = 0
"""Nothing that is printed tells the number of the network namespace: it is taken for one, the whole time."""
MAX_DESTINATIONS: Final = 20
SAME_LOOK_S: Final = 2.0
"""Commands that are run one after the other make one look."""
GAUGES: Final = frozenset({"CurrEstab"})
"""They fall as they please."""
FALLS: Final = 2
CONNTRACK: Final = ("entries", "limit")


@dataclass(slots=True)
class Look:
    """What was printed of one moment."""

    at_s: float
    told_at: bool = False
    """The print itself tells the time."""
    listeners: list[Listener] = field(default_factory=list)
    processes: dict[int, str] = field(default_factory=dict)
    states: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(local address, peer, state) of connections"""
    counters: dict[str, int] = field(default_factory=dict)
    settings: dict[str, int] = field(default_factory=dict)
    table: bool = False
    """Listeners were asked for, whether there were any or not."""

    def __bool__(self) -> bool:
        return bool(self.listeners or self.states or self.counters or self.settings)

    def add(self, row: Row) -> None:
        if row.state != "listen":
            self.states[row.local, row.peer, row.state] += 1
        elif not row.by_netstat:
            self.listeners.append(Listener(row.local, NETNS, UNTOLD, row.send_queue, row.recv_queue))

    def describe(self, told: Detail) -> None:
        """What a line tells of the listener above or on it."""
        last = self.listeners[-1]
        self.listeners[-1] = replace(
            last,
            inode=told.inode if told.inode is not None else last.inode,
            drops=told.drops if told.drops is not None else last.drops,
            pids=last.pids + tuple(dict.fromkeys(pid for _, pid in told.owners)),
        )
        self.processes.update({pid: name for name, pid in told.owners})

    def join(self, later: Look) -> None:
        self.listeners += later.listeners
        self.processes |= later.processes
        self.states += later.states
        self.counters |= later.counters
        self.settings |= later.settings
        self.table |= later.table


def record(looks: Iterable[Look], name: str) -> HostRecord | None:
    """One host; None if nothing was printed that tells of it. Times do not fall, and no two looks share one."""
    whole = _counted(_gathered(sorted(looks, key=_at_s)))
    settings = {key: value for look in whole for key, value in look.settings.items()}
    snapshots = tuple(_snapshot(look, settings, name) for look in whole)
    return HostRecord(HOST_SCHEMA, name, "", None, snapshots) if snapshots else None


def _gathered(looks: Sequence[Look]) -> list[Look]:
    """Looks with counters each, or all if none has any; the others give their listeners to the next one.

    Counters are compared between the first look and the last, so that both must tell them, and every look must
    tell the listeners, lest they seem to have come later.
    """
    whole: list[Look] = []
    for look in looks:
        if not look:
            continue
        near = bool(whole) and look.at_s - whole[-1].at_s <= SAME_LOOK_S
        if near and not (whole[-1].listeners and look.listeners) and not (whole[-1].counters and look.counters):
            whole[-1].join(look)
        else:
            whole.append(look)
    counting = [look for look in whole if look.counters]
    if not counting:
        return whole
    for look in whole:
        if not look.counters:
            at = bisect_left(counting, look.at_s, key=_at_s)
            _lend(look, counting[min(at, len(counting) - 1)])
    tables = [look for look in counting if look.listeners]
    for look in counting if tables else ():
        if not look.table:
            look.listeners = [_undropped(one) for one in _nearest(tables, look.at_s).listeners]
    return counting


def _nearest(looks: Sequence[Look], at_s: float) -> Look:
    at = bisect_left(looks, at_s, key=_at_s)
    return min(looks[max(0, at - 1) : at + 1], key=lambda one: abs(one.at_s - at_s))


def _at_s(look: Look) -> float:
    return look.at_s


def _lend(look: Look, to: Look) -> None:
    """A look without counters tells how long the queues were, and settings."""
    to.settings = look.settings | to.settings
    to.processes = look.processes | to.processes
    to.states = to.states or look.states
    known = {listener.address: index for index, listener in enumerate(to.listeners)}
    for listener in look.listeners:
        index = known.get(listener.address)
        if index is None:
            to.listeners.append(_undropped(listener))
            continue
        there = to.listeners[index]
        longest = max(listener.queue_len, there.queue_len_max or 0)
        to.listeners[index] = replace(there, queue_len_max=longest)
    to.table |= look.table


def _undropped(listener: Listener) -> Listener:
    """As seen at another time than that of its look: how much it has dropped by then is not known."""
    return replace(listener, drops=None)


def _counted(looks: list[Look]) -> list[Look]:
    """Counters since boot, also where each look tells what came since the one before (`nstat` without -a).

    What the kernel counts falls at a reboot only, or where another machine is looked at, so that falling twice means
    increments; what was before a single fall cannot be compared with what came after.
    """
    fell = [
        any(after.counters.get(name, value) < value for name, value in before.counters.items() if name not in GAUGES)
        for before, after in pairwise(looks)
    ]
    if sum(fell) < FALLS:
        return looks[fell.index(True) + 1 :] if any(fell) else looks
    sums: Counter[str] = Counter()
    names = {name for look in looks for name in look.counters}
    for look in looks:
        sums.update(look.counters)
        look.counters = {name: sums[name] for name in names}
    return looks


def _snapshot(look: Look, settings: dict[str, int], name: str) -> Snapshot:
    kept = {key: value for key, value in settings.items() if key not in CONNTRACK}
    entries = look.settings.get("entries")
    limit = settings.get("limit")
    tracked = Conntrack(entries, limit) if entries is not None and limit is not None else None
    space = Namespace(
        inode=NETNS,
        name=name or None,
        conntrack=tracked,
        destinations=_destinations(look, settings) if look.states else None,
        counters=look.counters,
        **kept,
    )
    return Snapshot(
        at_s=look.at_s,
        listeners=tuple(_connected(look)),
        namespaces=(space,),
        processes=tuple(Process(pid, called, "") for pid, called in sorted(look.processes.items())),
    )


def _connected(look: Look) -> Iterable[Listener]:
    """The listeners, with the connections at their addresses by state."""
    at: dict[str, Counter[str]] = defaultdict(Counter)
    for (local, _, state), number in look.states.items():
        host, port = split_address(local)
        at[local][state] += number
        for wildcard in WILDCARDS - {host}:
            at[f"{wildcard}:{port}"][state] += number
    for listener in look.listeners:
        yield replace(listener, connections=dict(at[listener.address])) if look.states else listener


def _destinations(look: Look, settings: dict[str, int]) -> tuple[Destination, ...] | None:
    """Where most ephemeral ports go; None if nothing tells which ports are ephemeral."""
    first, last = settings.get("ephemeral_first"), settings.get("ephemeral_last")
    if first is None or last is None:
        return None
    own = {split_address(listener.address)[1] for listener in look.listeners}
    used: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for (local, peer, state), number in look.states.items():
        port = split_address(local)[1]
        if port not in own and port.isdecimal() and first <= int(port) <= last:
            used[peer] += number
            waiting[peer] += number if state == "time-wait" else 0
    return tuple(Destination(peer, number, waiting[peer]) for peer, number in used.most_common(MAX_DESTINATIONS))
