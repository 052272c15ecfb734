"""What belongs to a kernel event and does not stand in it: the container, and the listener with its queue and drops.

Looked up as soon as the event is read, some tenths of a second after it happened: what has gone by then is absent.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from msgspec.structs import replace

from why502.host.containers import container_of
from why502.host.owners import Owners
from why502.host.watched import WatchedNamespaces
from why502.live.joining import NO_SOCKET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.model.host import Listener, Namespace, Unseen
    from why502.model.trace import TraceEvent

PROC: Final = Path("/proc")
REST_PER_COST: Final = 9
"""After a look at all open files we rest nine times as long: at most a tenth of one core is used."""
REST_PER_LOOK: Final = 30
"""The same after a look at the listeners for an event that is no listen(): a thirtieth."""
SOCKET: Final = "socket:["
WILDCARDS: Final = ("0.0.0.0", "[::]")  # noqa: S104 - compared, not bound
MAX_UNIX_BYTES: Final = 4 << 20
PORT_RANGE: Final = PROC / "sys/net/ipv4/ip_local_port_range"


class Surroundings:
    """Sees all network namespaces that it may enter; what it may not stands in `unseen`."""

    def __init__(self) -> None:
        self._watched = WatchedNamespaces(None)
        self._owners = Owners()
        self._listeners: dict[int, Listener] = {}
        self._namespaces: dict[int, Namespace] = {}
        self._ports: dict[str, list[Listener]] = {}
        self._pids: dict[int, tuple[int, ...]] = {}
        self._rest_until_s = 0.0
        self._next_look_s = 0.0
        self._first_ephemeral = _first_ephemeral()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._watched.close()

    @property
    def unseen(self) -> tuple[Unseen, ...]:
        return (*self._watched.unseen, *self._owners.unseen)

    def complete(self, events: Sequence[TraceEvent]) -> Iterator[TraceEvent]:
        """The same events with all that could be found out."""
        kinds = {event.kind for event in events}
        # a listener may have been made just now; other events concern those that were there before
        if "listen" in kinds or (kinds - {"exit", "oom"} and time.monotonic() >= self._next_look_s):
            self._look()
        for event in events:
            if event.kind == "listen":
                yield self._with_container(self._with_socket(event))
            else:
                yield self._with_container(self._with_listener(event))

    def _look(self) -> None:
        began_s = time.monotonic()
        self._watched.refresh()
        listeners, namespaces = self._watched.look(census=False)
        found = self._with_pids(listeners)
        self._listeners = {listener.inode: listener for listener in found}
        self._namespaces = {namespace.inode: namespace for namespace in namespaces}
        self._ports = {}
        for listener in found:
            self._ports.setdefault(listener.address.rpartition(":")[2], []).append(listener)
        ended_s = time.monotonic()
        self._next_look_s = ended_s + REST_PER_LOOK * (ended_s - began_s)

    def _with_pids(self, listeners: list[Listener]) -> list[Listener]:
        """Who holds a new socket takes a look at the open files of all processes: not each time."""
        began_s = time.monotonic()
        if began_s < self._rest_until_s:
            return [replace(one, pids=self._pids.get(one.inode, ())) for one in listeners]
        found = self._owners.of(listeners)
        self._pids = {listener.inode: listener.pids for listener in found}
        ended_s = time.monotonic()
        self._rest_until_s = ended_s + REST_PER_COST * (ended_s - began_s)
        return found

    def _with_socket(self, event: TraceEvent) -> TraceEvent:
        """The socket on which listen() was called, told by its descriptor.

        Another socket may have the number by now: where the kernel told the address, it must be the same one.
        """
        inode = _socket_inode(event)
        listener = self._listeners.get(inode or -1)
        if listener and (event.local in (None, listener.address) or _unbound(event)):
            return self._joined(event, listener)
        if inode and event.local is None and (path := _unix_path(event.pid, inode)):
            return replace(event, local=path)
        return event

    def _with_listener(self, event: TraceEvent) -> TraceEvent:
        """The listener at the local address, if there is only one that it can be; else one at exactly the remote."""
        host, _, port = (event.local or "").rpartition(":")
        found = [one for one in self._ports.get(port, ()) if one.address.rpartition(":")[0] in {host, *WILDCARDS}]
        if len(found) == 1:
            joined = self._joined(event, found[0])
            if event.pid is None and found[0].pids:
                return replace(joined, pid=found[0].pids[0], process=_name(found[0].pids[0]))
            return joined
        if not found and NO_SOCKET in event.text and port.isdecimal() and int(port) < self._first_ephemeral:
            return replace(event, kind="refused", text="refused: nothing listens there")
        _, _, far_port = (event.remote or "").rpartition(":")
        far = [one for one in self._ports.get(far_port, ()) if one.address == event.remote]
        return self._joined(event, far[0]) if len(far) == 1 and event.kind != "refused" else event

    def _joined(self, event: TraceEvent, listener: Listener) -> TraceEvent:
        namespace = self._namespaces.get(listener.netns)
        local = listener.address if event.kind == "listen" else event.local
        return replace(event, local=local, listener=listener, somaxconn=namespace.somaxconn if namespace else None)

    def _with_container(self, event: TraceEvent) -> TraceEvent:
        if event.pid is None:
            return event
        return replace(event, container=container_of(PROC / str(event.pid)))


def _unbound(event: TraceEvent) -> bool:
    """It got its port from listen() itself (`inet_csk_listen_start` tells of the state before it)."""
    return event.local is not None and event.local.endswith(":0")


def _socket_inode(event: TraceEvent) -> int | None:
    try:
        link = os.readlink(f"{PROC}/{event.pid}/fd/{event.fd}")  # noqa: PTH115 - not a path, a name for a socket
    except OSError:
        return None
    number = link.removeprefix(SOCKET).removesuffix("]")
    return int(number) if number.isdecimal() else None


def _unix_path(pid: int | None, inode: int) -> str | None:
    """'unix:/run/app.sock' (/proc/PID/net/unix, proc_net_unix(5)); None if it is no such socket."""
    try:
        with (PROC / str(pid) / "net/unix").open(encoding="utf-8", errors="replace") as table:
            rows = table.read(MAX_UNIX_BYTES).splitlines()
    except OSError:
        return None
    for row in rows:
        columns = row.split(maxsplit=7)
        if len(columns) >= 7 and columns[6] == str(inode):
            return f"unix:{columns[7]}" if len(columns) == 8 else "unix:"
    return None


def _name(pid: int) -> str | None:
    try:
        return (PROC / str(pid) / "comm").read_bytes().decode("utf-8", "replace").strip()
    except OSError:
        return None


def _first_ephemeral() -> int:
    try:
        return int(PORT_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 32768
