"""Rows of `ss` (iproute2 misc/ss.c), with any of its options, and of `netstat` (net-tools)."""

from __future__ import annotations

import re
import socket
from functools import cache
from typing import Final, NamedTuple

from why502.model.expressions import expression

HEADER = expression(
    r"(?:Netid +)?(?:State +)?Recv-Q +Send-Q +Local Address:Port|Proto Recv-Q Send-Q Local Address", re.ASCII
)
TITLE = expression(r"Active (?:Internet|UNIX domain) (?:connections|sockets) \(.{1,40}\)", re.ASCII)

_STATES: Final = {
    "LISTEN": "listen",
    "ESTAB": "established",
    "ESTABLISHED": "established",
    "SYN-SENT": "syn-sent",
    "SYN_SENT": "syn-sent",
    "SYN-RECV": "syn-recv",
    "SYN_RECV": "syn-recv",
    "FIN-WAIT-1": "fin-wait-1",
    "FIN_WAIT1": "fin-wait-1",
    "FIN-WAIT-2": "fin-wait-2",
    "FIN_WAIT2": "fin-wait-2",
    "TIME-WAIT": "time-wait",
    "TIME_WAIT": "time-wait",
    "CLOSE-WAIT": "close-wait",
    "CLOSE_WAIT": "close-wait",
    "LAST-ACK": "last-ack",
    "LAST_ACK": "last-ack",
    "CLOSING": "closing",
    "UNCONN": "unconnected",
}
_SS = expression(
    rf"(?:(?P<kind>[a-z_0-9]{{1,8}}) +)?(?:(?P<state>{'|'.join(_STATES)}) +)?"
    r"(?P<recv>\d{1,10}) +(?P<send>\d{1,10}) +"
    r"(?P<local>\S{1,255}:\S{1,32}) +(?P<peer>\S{1,255}:\S{1,32})(?P<rest>.*)",
    re.ASCII,
)
_NETSTAT = expression(
    r"(?P<kind>tcp6?) +(?P<recv>\d{1,10}) +(?P<send>\d{1,10}) +(?P<local>\S{1,255}:\S{1,32}) +"
    rf"(?P<peer>\S{{1,255}}:\S{{1,32}}) +(?P<state>{'|'.join(_STATES)})\b",
    re.ASCII,
)
_OTHER = expression(
    r"(?:udp6?|udpl6?|raw6?|u_str|u_dgr|u_seq|unix|nl|p_raw|p_dgr|icmp6?|vsock|v_str|v_dgr|xdp|mptcp)\b.*", re.ASCII
)
"""Sockets that are no TCP; `ss` says `tcp` of both families."""
_DETAIL = expression(r"\s+(?:skmem:|cubic|bbr|reno|ts |sack|timer:|users:|cgroup:|ino:|\S*rto:|cwnd:).*", re.ASCII)
"""What `ss -i`, `-m` and `-p` put on a line below the row."""
_OWNER = expression(r"\(\"(?P<name>[^\"]{1,64})\",(?:pid=)?(?P<pid>\d{1,9}),")
_INODE = expression(r"\bino:(\d{1,12})\b", re.ASCII)
_DROPS = expression(r"\bskmem:\([^)]{0,120},d(\d{1,10})\)", re.ASCII)
"""`SK_MEMINFO_DROPS`, since Linux 4.6 and iproute2 4.7."""


class Row(NamedTuple):
    """One TCP socket."""

    state: str
    local: str
    """'0.0.0.0:8080'"""
    peer: str
    recv_queue: int
    """Of a listener: connections that wait to be accepted."""
    send_queue: int
    """Of a listener, as `ss` tells it: its backlog."""
    by_netstat: bool


class Detail(NamedTuple):
    """What stands beside or below a row."""

    owners: tuple[tuple[str, int], ...]
    """(name, pid)"""
    inode: int | None
    drops: int | None


def row(line: str, *, all_listen: bool = False) -> Row | str | None:
    """A TCP socket; why it is not understood; None if the line is no row.

    `all_listen`: the header had no column of states, as with `ss state listening`.
    """
    found, by_netstat = _NETSTAT.match(line), True
    if found is None:
        found, by_netstat = _SS.fullmatch(line.rstrip()), False
    if found is None or (found["kind"] or "tcp") not in ("tcp", "tcp6"):
        return None
    if found["state"] is None and not all_listen:
        return "a socket without its state (`ss -n` with a column State tells it)"
    state = _STATES[found["state"]] if found["state"] else "listen"
    local, peer = _address(found["local"]), _address(found["peer"])
    if local is None or peer is None:
        return "a port told by a name that is not known here (`ss -n` tells numbers)"
    return Row(state, local, peer, int(found["recv"]), int(found["send"]), by_netstat)


def is_aside(line: str) -> bool:
    """Sockets of other kinds, and lines that only go with a table."""
    return any(shape.match(line) for shape in (TITLE, _OTHER, _DETAIL))


def detail(line: str) -> Detail:
    owners = tuple((found["name"], int(found["pid"])) for found in _OWNER.finditer(line))
    inode, drops = _INODE.search(line), _DROPS.search(line)
    return Detail(owners, int(inode[1]) if inode else None, int(drops[1]) if drops else None)


def _address(text: str) -> str | None:
    """As `inet_diag` reads would write it; None if the port is a name that nobody knows.

    >>> _address("*:80"), _address("127.0.0.53%lo:53"), _address("[::ffff:10.0.0.7]:80"), _address(":::8080")
    ('*:80', '127.0.0.53:53', '10.0.0.7:80', '[::]:8080')
    """
    host, _, port = text.rpartition(":")
    host = host.partition("%")[0].strip("[]").removeprefix("::ffff:")
    if ":" in host:
        host = f"[{host}]"
    if port == "*" or port.isdecimal():
        return f"{host}:{port}"
    number = _named(port)
    return None if number is None else f"{host}:{number}"


@cache
def _named(service: str) -> int | None:
    try:
        return socket.getservbyname(service, "tcp")
    except OSError:
        return None
