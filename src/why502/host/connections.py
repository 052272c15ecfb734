"""Connections that are there: per listener by state, and per destination (`sock_diag`, net/ipv4/inet_diag.c).

What `ss -tan` shows, counted. 50,000 connections take about 0.1 s of processor time, so this is not done with every
snapshot.
"""

from __future__ import annotations

import socket
import struct
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from why502.host.inet_diag import NLMSG_DONE, address_text
from why502.model.host import Destination

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from why502.host.listeners import ListenerWatch
    from why502.model.host import Listener

STATES: Final = {
    1: "established",
    2: "syn-sent",
    3: "syn-recv",
    4: "fin-wait-1",
    5: "fin-wait-2",
    6: "time-wait",
    8: "close-wait",
    9: "last-ack",
    11: "closing",
}
"""include/net/tcp_states.h; SYN_RECV stands for half-open requests too (`inet_req_diag_fill`)."""
MASK: Final = sum(1 << state for state in STATES)
TIME_WAIT: Final = 6
MESSAGE: Final = struct.Struct("=IH 10x BB 2x HH 16s 16s")
"""Length and type of nlmsghdr; of inet_diag_msg: family, state, ports as on the wire, addresses."""
MAX_DESTINATIONS: Final = 100_000
"""Beyond so many, new ones are not counted."""
SHOWN_DESTINATIONS: Final = 10
MAPPED: Final = bytes(10) + b"\xff\xff"
"""Before an IPv4 address inside an IPv6 one."""


class Census:
    """The connections of one network namespace at one time; raises OSError when the kernel refuses."""

    def __init__(self, watch: ListenerWatch, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners
        self._served = {socket.htons(_port(listener.address)) for listener in listeners}
        self._came: Counter[tuple[int, int, bytes, int]] = Counter()
        self._went: Counter[tuple[int, int, bytes]] = Counter()
        self._went_waiting: Counter[tuple[int, int, bytes]] = Counter()
        watch.dump(self._count, MASK)

    def listeners(self) -> tuple[Listener, ...]:
        """The listeners with the connections at their address; a wildcard has those that no other one claims."""
        by_address: dict[str, Counter[str]] = defaultdict(Counter)
        known = {listener.address for listener in self._listeners}
        for (family, port, address, state), number in self._came.items():
            claimed = next((name for name in _claimants(family, port, address) if name in known), None)
            if claimed is not None:
                by_address[claimed][STATES.get(state, "other")] += number
        return tuple(
            msgspec.structs.replace(one, connections=dict(sorted(by_address[one.address].items())))
            for one in self._listeners
        )

    def destinations(self) -> tuple[Destination, ...]:
        """Where most connections were opened to; what came in through a listener's port is not among them."""
        top = sorted(self._went.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_DESTINATIONS]
        return tuple(
            Destination(_text(family, address, port), number, self._went_waiting[family, port, address])
            for (family, port, address), number in top
        )

    def _count(self, buffer: bytearray, end: int) -> int | None:
        """One message after the other: those of TIME_WAIT are shorter than the others, and stand between them."""
        served, came, went, unpack, at = self._served, self._came, self._went, MESSAGE.unpack_from, 0
        while at < end:
            length, kind, family, state, own_port, port, own, other = unpack(buffer, at)
            if kind <= NLMSG_DONE:
                return at
            at += length + 3 & ~3 or end
            if own_port in served:
                came[family, own_port, own, state] += 1
            elif (key := (family, port, other)) in went or len(went) < MAX_DESTINATIONS:
                went[key] += 1
                if state == TIME_WAIT:
                    self._went_waiting[key] += 1
        return None


def _claimants(family: int, port: int, address: bytes) -> Iterator[str]:
    """Addresses of listeners that can have taken a connection, the most particular first."""
    number = socket.ntohs(port)
    if family == socket.AF_INET6 and address.startswith(MAPPED):
        yield address_text(socket.AF_INET, address[len(MAPPED) :], number)
        family = socket.AF_INET
    else:
        yield address_text(family, address, number)
    if family == socket.AF_INET:
        yield f"0.0.0.0:{number}"
    yield f"[::]:{number}"


def _text(family: int, address: bytes, port: int) -> str:
    if family == socket.AF_INET6 and address.startswith(MAPPED):
        family, address = socket.AF_INET, address[len(MAPPED) :]
    return address_text(family, address, socket.ntohs(port))


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])
