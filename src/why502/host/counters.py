"""TCP counters of a network namespace (/proc/PID/net/netstat and snmp; kernel net/ipv4/proc.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = ("netstat", "snmp")

COUNTERS: Final = frozenset(
    {
        # a full accept queue, with cookies and without
        *("ListenOverflows", "ListenDrops", "TCPReqQFullDoCookies", "TCPReqQFullDrop", "EmbryonicRsts"),
        *("SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed"),
        # connections that were cut, and by what
        *("OutRsts", "EstabResets", "AttemptFails", "PassiveOpens", "ActiveOpens", "CurrEstab"),
        *("TCPAbortOnData", "TCPAbortOnClose", "TCPAbortOnMemory", "TCPAbortOnTimeout", "TCPAbortOnLinger"),
        # loss and waiting
        *("InSegs", "OutSegs", "RetransSegs", "TCPTimeouts", "TCPSynRetrans", "TCPRetransFail"),
        # limits of the kernel itself
        *("TCPTimeWaitOverflow", "TCPMemoryPressures", "TCPBacklogDrop", "TCPRcvQDrop", "PruneCalled"),
    }
)
"""What judgement uses. None of these names stands in two sections of the files."""

SECTIONS: Final = ("TcpExt:", "Tcp:")


def parse(text: str) -> dict[str, int]:
    """Counters of both files, one after the other: a line of names, then a line of numbers."""
    counters: dict[str, int] = {}
    rows = [line.split() for line in text.splitlines() if line.startswith(SECTIONS)]
    for names, numbers in zip(rows[::2], rows[1::2], strict=False):
        counters.update(
            (name, int(number))
            for name, number in zip(names, numbers, strict=False)
            if name in COUNTERS and number.isdecimal()
        )
    return counters


def read(net: Path) -> dict[str, int]:
    """Counters of the namespace whose `/proc/PID/net` is given."""
    return parse("\n".join((net / name).read_text("utf-8", "replace") for name in FILES))
