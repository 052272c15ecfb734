"""Finds the one listener that is meant, or says why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from why502.errors import Why502Error
from why502.host.record import snapshot_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.host import HostRecord, Listener, Namespace, Process

MOST_HIDDEN = 2
"""Reasons for which a listener may not have been seen."""
SHOWN = 8
"""Listeners that an error lists."""


class Found(NamedTuple):
    """One listener with its surroundings, as of now."""

    listener: Listener
    namespace: Namespace | None
    process: Process | None
    """The first of those that hold it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the user names the listener; all that is given must fit."""

    port: int | None = None
    pid: int | None = None
    address: str | None = None
    socket: int | None = None
    """The inode of the socket: the only name that SO_REUSEPORT siblings do not share."""

    def __str__(self) -> str:
        named = {"port": self.port, "pid": self.pid, "address": self.address, "socket": self.socket}
        return " ".join(f"--{name} {value}" for name, value in named.items() if value is not None)

    def fits(self, listener: Listener) -> bool:
        return (
            (self.port is None or listener.address.rpartition(":")[2] == str(self.port))
            and (self.pid is None or self.pid in listener.pids)
            and (self.address is None or listener.address == self.address)
            and (self.socket is None or listener.inode == self.socket)
        )


def select(wanted: Wanted) -> Found:
    """The one listener on this machine that fits; Why502Error if there is none, or several."""
    record = snapshot_now()
    found = [one for one in _all(record) if wanted.fits(one.listener)]
    if not found:
        raise Why502Error("no such listener", where=str(wanted), why=_hidden(record), hint="see `why502 host`")
    if len(found) > 1:
        why = f"{len(found)} listeners match: {_listed(found)}"
        raise Why502Error("not one listener", where=str(wanted), why=why, hint="name one with --socket")
    return found[0]


def called(found: Found) -> str:
    """'127.0.0.1:8080 of java 4711 (socket 815)'"""
    listener, _, process = found
    owner = f"{process.name} {process.pid}" if process else "an unknown process"
    container = f" in {process.container}" if process and process.container else ""
    return f"{listener.address} of {owner}{container} (socket {listener.inode})"


def _listed(found: Sequence[Found]) -> str:
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(map(called, found[:SHOWN])) + more


def _all(record: HostRecord) -> Iterator[Found]:
    now = record.snapshots[-1]
    namespaces = {namespace.inode: namespace for namespace in now.namespaces}
    processes = {process.pid: process for process in now.processes}
    for listener in now.listeners:
        holder = next((processes[pid] for pid in listener.pids if pid in processes), None)
        yield Found(listener, namespaces.get(listener.netns), holder)


def _hidden(record: HostRecord) -> str:
    """What could not be looked into, where it may be hidden."""
    hidden = "; ".join(f"{unseen.what}: {unseen.why}" for unseen in record.unseen[:MOST_HIDDEN])
    more = f" and {len(record.unseen) - MOST_HIDDEN} more" if len(record.unseen) > MOST_HIDDEN else ""
    return "none was found" + (f", but not all could be seen: {hidden}{more}" if hidden else "")
