"""Counters as `nstat`, `netstat -s` and /proc/net/{netstat,snmp} print them."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from why502.model.expressions import expression
from why502.model.host import COUNTERS

_NSTAT = expression(
    r"(?:Tcp(?:Ext)?(?P<name>[A-Z]\w{2,40})|[A-Z][A-Za-z]{1,7}\d?[A-Z]\w{1,60}) +(?P<value>\d{1,20})(?: +[\d.]{1,20})?",
    re.ASCII,
)
_PHRASE = expression(r"\s+(?P<value>\d{1,20}) (?P<phrase>[A-Za-z].{2,90})", re.ASCII)
_NAMED = expression(r"\s+(?P<name>[A-Za-z][\w ]{2,60}): (?P<value>\d{1,20})", re.ASCII)
_SECTION = expression(
    r"(?:#kernel|[A-Z]\w{1,9}:|ICMP (?:input|output) histogram:|Quick ack mode was activated \d{1,20} times)", re.ASCII
)
"""What stands between the counters, and the one that `netstat` puts in the middle of its words."""
_PAIR = expression(r"(?P<section>[A-Z]\w{1,9}):(?P<cells>(?: \S{1,40}){1,400})", re.ASCII)

PHRASES: Final = {
    "active connection openings": "ActiveOpens",
    "active connections openings": "ActiveOpens",
    "passive connection openings": "PassiveOpens",
    "failed connection attempts": "AttemptFails",
    "connection resets received": "EstabResets",
    "connections established": "CurrEstab",
    "segments received": "InSegs",
    "segments sent out": "OutSegs",
    "segments send out": "OutSegs",
    "segments retransmitted": "RetransSegs",
    "segments retransmited": "RetransSegs",
    "resets sent": "OutRsts",
    "SYN cookies sent": "SyncookiesSent",
    "SYN cookies received": "SyncookiesRecv",
    "invalid SYN cookies received": "SyncookiesFailed",
    "resets received for embryonic SYN_RECV sockets": "EmbryonicRsts",
    "times the listen queue of a socket overflowed": "ListenOverflows",
    "SYNs to LISTEN sockets dropped": "ListenDrops",
    "SYNs to LISTEN sockets ignored": "ListenDrops",
    "connections reset due to unexpected data": "TCPAbortOnData",
    "connections reset due to early user close": "TCPAbortOnClose",
    "connections aborted due to memory pressure": "TCPAbortOnMemory",
    "connections aborted due to timeout": "TCPAbortOnTimeout",
    "connections aborted after user close in linger timeout": "TCPAbortOnLinger",
    "other TCP timeouts": "TCPTimeouts",
}
"""What `netstat -s` (net-tools statistics.c, its older spellings too) calls the kernel's counters."""


class Told(NamedTuple):
    """One counter; the name is empty where judgement has no use for it."""

    name: str
    value: int


def counter(line: str) -> Told | None:
    """A line that tells one counter; None if it does not.

    >>> counter("TcpExtListenOverflows           1764               0.0")
    Told(name='ListenOverflows', value=1764)
    >>> counter("    1764 times the listen queue of a socket overflowed")
    Told(name='ListenOverflows', value=1764)
    """
    text = line.rstrip()
    if found := (_NSTAT.fullmatch(text) or _NAMED.fullmatch(text)):
        return Told(found["name"] if found["name"] in COUNTERS else "", int(found["value"]))
    found = _PHRASE.fullmatch(text if text[:1].isspace() else f" {text}")
    return Told(PHRASES.get(found["phrase"], ""), int(found["value"])) if found else None


def is_known(line: str) -> bool:
    """Whether it is a counter that nothing but these tools prints."""
    told = counter(line)
    return told is not None and bool(told.name)


def is_section(line: str) -> bool:
    return _SECTION.fullmatch(line.strip()) is not None


def cells(line: str) -> tuple[str, list[str]] | None:
    """Section and columns of a line of /proc/net/netstat: names, or numbers in the line after them."""
    found = _PAIR.fullmatch(line.rstrip())
    return (found["section"], found["cells"].split()) if found else None


def paired(names: list[str], numbers: list[str]) -> dict[str, int]:
    pairs = zip(names, numbers, strict=False)
    return {name: int(number) for name, number in pairs if name in COUNTERS and number.isdecimal()}
