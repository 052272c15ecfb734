"""TCP counters of a network namespace (/proc/PID/net/netstat and snmp; kernel net/ipv4/proc.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.model.host import COUNTERS

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = ("netstat", "snmp")

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
