"""TCP counters of each network namespace, as what they grew by while watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.listeners import growth
from why502.facts.surfaces.differences import called, namespaces, watched_s
from why502.facts.surfaces.interface import Finding, State, Surface
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.surfaces.interface import Answers
    from why502.model.host import HostRecord, Namespace

NAME: Final = "tcp counters"
MEANING: Final = {
    "ListenOverflows": (State.WRONG, "packets of new connections were dropped because an accept queue was full"),
    "TCPReqQFullDrop": (State.WRONG, "SYNs were dropped because a SYN queue was full (no SYN cookies)"),
    "SyncookiesFailed": (State.WRONG, "segments met a full accept queue through SYN cookies and were reset"),
    "TCPAbortOnMemory": (State.WRONG, "connections were aborted for want of memory"),
    "TCPReqQFullDoCookies": (State.AT_RISK, "SYNs met a full SYN queue and were answered with SYN cookies"),
    "TCPAbortOnClose": (State.AT_RISK, "connections were closed with unread data, which resets them"),
    "TCPAbortOnTimeout": (State.NOTE, "connections were given up by a timer"),
    "TCPTimeWaitOverflow": (State.NOTE, "connections found no room in TIME_WAIT"),
    "AttemptFails": (State.NOTE, "connection attempts failed"),
}
"""What growth of a counter says (Documentation/networking/snmp_counter.rst), worst first."""
RETRANSMITTED_SHARE: Final = 0.01
"""A healthy network inside a data centre loses less than one segment in ten thousand; from one in a hundred on,
requests are visibly slower."""
FEWEST_SEGMENTS: Final = 1_000
"""Below this the share says nothing."""


def look(record: HostRecord) -> Answers:
    found = tuple(
        finding for before, now in namespaces(record) if before is not None for finding in _of(before, now, record)
    )
    spaces = len(record.snapshots[-1].namespaces)
    fine = f"no overflow, abort or unusual loss in {watched_s(record):.1f} s ({count(spaces, 'network namespace')})"
    return found or (Finding(NAME, State.FINE, fine),) if watched_s(record) > 0 else ()


def _of(before: Namespace, now: Namespace, record: HostRecord) -> Iterator[Finding]:
    grown = growth(before, now)
    for name, (state, meaning) in MEANING.items():
        if number := grown.get(name, 0):
            per_s = number / watched_s(record)
            yield Finding(NAME, state, f"{name} +{number} ({per_s:.1f}/s): {meaning}", called(now))
    sent, again = grown.get("OutSegs", 0), grown.get("RetransSegs", 0)
    if sent >= FEWEST_SEGMENTS and again / sent >= RETRANSMITTED_SHARE:
        text = f"{again} of {sent} segments were sent again ({again / sent:.1%})"
        yield Finding(NAME, State.AT_RISK, text, called(now))


SURFACE = Surface(NAME, look)
