"""Flows that fill the connection-tracking table of their network namespace, with entries of the kernel's own.

    python -m why502.lab.servers.tracked_flows ADDRESS

At once it fills the table up to `BUSY` of its limit. On SIGUSR1 it takes the rest, and whatever gets free; on SIGUSR2
it gives everything back. The kernel counts entries for each namespace and compares with one limit for all of them
(`__nf_conntrack_alloc`, net/netfilter/nf_conntrack_core.c), so that a table is full in this namespace alone, and no
limit has to be touched. Its entries are established and assured: `early_drop` makes no room at their expense.
"""

from __future__ import annotations

import contextlib
import math
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

NETFILTER: Final = Path("/proc/sys/net/netfilter")
BUSY: Final = 0.9
"""Share of the limit that is taken from the beginning, in the healthy twin as well."""
LOOK_S: Final = 0.02
AT_ONCE: Final = 500
"""Entries in one datagram: some 70 KB, which any socket buffer holds."""

NETLINK_NETFILTER: Final = 12
NEW, DELETE = 0x100, 0x102
"""NFNL_SUBSYS_CTNETLINK << 8 with IPCTNL_MSG_CT_NEW and IPCTNL_MSG_CT_DELETE (nfnetlink_conntrack.h)."""
REQUEST, ACK, EXCLUSIVE = 0x1, 0x5, 0x601
"""NLM_F_REQUEST; with NLM_F_ACK; with NLM_F_CREATE and NLM_F_EXCL (netlink.h)."""
NESTED: Final = 0x8000
SEEN_REPLY_ASSURED: Final = 1 << 1 | 1 << 2 | 1 << 3
"""IPS_SEEN_REPLY, IPS_ASSURED, IPS_CONFIRMED (nf_conntrack_common.h)."""
TCP, ESTABLISHED, LIVES_S = 6, 3, 3600
MARK: Final = 0x502
"""By which its entries are told from those of the scenario's own connections."""
PEER: Final = 0xC6120000
"""198.18.0.0/15 is for tests of network devices (RFC 2544): the flows' other ends."""
FIRST_PORT, PORTS = 1024, 60_000

_ATTRIBUTE = [("length", "=u2"), ("kind", "=u2")]
_ADDRESS = [("head", _ATTRIBUTE), ("value", ">u4")]
_PORT = [("head", _ATTRIBUTE), ("value", ">u2"), ("pad", "V2")]
_BYTE = [("head", _ATTRIBUTE), ("value", "u1"), ("pad", "V3")]
_IP = [("head", _ATTRIBUTE), ("source", _ADDRESS), ("destination", _ADDRESS)]
_PROTOCOL = [("head", _ATTRIBUTE), ("number", _BYTE), ("source", _PORT), ("destination", _PORT)]
_TUPLE = [("head", _ATTRIBUTE), ("ip", _IP), ("protocol", _PROTOCOL)]
_STATE = [("head", _ATTRIBUTE), ("tcp", [("head", _ATTRIBUTE), ("state", _BYTE)])]
_HEAD = [("length", "=u4"), ("kind", "=u2"), ("flags", "=u2"), ("sequence", "=u4"), ("sender", "=u4"),
         ("family", "u1"), ("version", "u1"), ("resource", ">u2")]  # fmt: skip
NEW_ENTRY: Final = np.dtype([("head", _HEAD), ("original", _TUPLE), ("reply", _TUPLE), ("status", _ADDRESS),
                             ("state", _STATE), ("timeout", _ADDRESS), ("mark", _ADDRESS)])  # fmt: skip
"""A message of nfnetlink(7) with the attributes of `enum ctattr_type`, as it goes over the wire."""
DELETION: Final = np.dtype([("head", _HEAD), ("mark", _ADDRESS), ("mask", _ADDRESS)])

Place = tuple[str, ...]
_KINDS: Final[tuple[tuple[Place, int], ...]] = (
    *(((name, *path), kind) for name, own in (("original", 1), ("reply", 2)) for path, kind in (
        ((), own | NESTED), (("ip",), 1 | NESTED), (("ip", "source"), 1), (("ip", "destination"), 2),
        (("protocol",), 2 | NESTED), (("protocol", "number"), 1), (("protocol", "source"), 2),
        (("protocol", "destination"), 3))),
    (("status",), 3), (("state",), 4 | NESTED), (("state", "tcp"), 1 | NESTED), (("state", "tcp", "state"), 1),
    (("timeout",), 7), (("mark",), 8),
)  # fmt: skip
"""Where an attribute stands, and its type: CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, CTA_STATUS..."""


def new_entries(own_address: int, first: int, number: int) -> bytes:
    """Messages that make flows `first` and following: established, from `own_address` to as many ports of peers."""
    made = np.zeros(number, NEW_ENTRY)
    flow = np.arange(first, first + number)
    _begin(made, NEW, EXCLUSIVE)
    for place, kind in _KINDS:
        _set_kind(made, place, kind)
    peer, port = PEER + flow // PORTS, FIRST_PORT + flow % PORTS
    for there, here, tuple_of in (("destination", "source", "original"), ("source", "destination", "reply")):
        made[tuple_of]["ip"][here]["value"] = own_address
        made[tuple_of]["ip"][there]["value"] = peer
        made[tuple_of]["protocol"]["number"]["value"] = TCP
        made[tuple_of]["protocol"][here]["value"] = port
        made[tuple_of]["protocol"][there]["value"] = 443
    made["status"]["value"] = SEEN_REPLY_ASSURED
    made["state"]["tcp"]["state"]["value"] = ESTABLISHED
    made["timeout"]["value"] = LIVES_S
    made["mark"]["value"] = MARK
    return made.tobytes()


def deletion() -> bytes:
    """The message that removes all of them, and is acknowledged when it is done."""
    made = np.zeros(1, DELETION)
    _begin(made, DELETE, ACK)
    for name, kind, value in (("mark", 8, MARK), ("mask", 21, 0xFFFFFFFF)):
        _set_kind(made, (name,), kind)
        made[name]["value"] = value
    return made.tobytes()


def _begin(made: np.ndarray, kind: int, flags: int) -> None:
    head = made["head"]
    head["length"], head["kind"], head["flags"] = made.dtype.itemsize, kind, flags
    head["family"] = socket.AF_INET


def _set_kind(made: np.ndarray, place: Place, kind: int) -> None:
    """An attribute is as long as what it holds, without the bytes that only align the next one."""
    for name in place:
        made = made[name]
    padded = made.dtype.fields is not None and "pad" in made.dtype.fields
    made["head"]["length"] = made.dtype.itemsize - (made.dtype["pad"].itemsize if padded else 0)
    made["head"]["kind"] = kind


class Flows:
    """As many as are wanted."""

    def __init__(self, address: str) -> None:
        self._own = int.from_bytes(socket.inet_aton(address), "big")
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self._made = 0
        self.share: float = BUSY
        """Of the limit that is to be taken."""

    def top_up(self) -> None:
        """Make entries until so many are taken; those that the kernel refuses were too many."""
        limit = read("nf_conntrack_max")
        while (room := math.ceil(self.share * limit) - read("nf_conntrack_count")) > 0:
            number = min(room, AT_ONCE)
            self._socket.send(new_entries(self._own, self._made, number))
            self._made += number
            self._hear()

    def give_back(self) -> None:
        self.share = 0.0
        self._socket.send(deletion())
        self._hear()

    def _hear(self) -> None:
        """Answers are for the empty socket buffer only; a refusal shows in the count."""
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(1 << 16, socket.MSG_DONTWAIT):
                pass


def read(name: str) -> int:
    """Of the network namespace of the calling thread."""
    return int((NETFILTER / name).read_text())


def main() -> None:
    flows = Flows(sys.argv[1])
    # Handlers that only take note: a blocked signal would strike a thread of NumPy's, which does not block it.
    came: list[int] = []
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda number, _frame: came.append(number))
    while True:
        flows.top_up()
        time.sleep(LOOK_S)
        while came:
            if came.pop(0) == signal.SIGUSR1:
                flows.share = 1.0
            else:
                flows.give_back()


if __name__ == "__main__":
    main()
