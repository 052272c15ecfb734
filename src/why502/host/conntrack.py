"""Connection tracking of a network namespace (nf_conntrack; net/netfilter/nf_conntrack_standalone.c).

`/proc/net/stat/nf_conntrack` has a line of names and a line for each processor, in hexadecimal; its first column is
the same number of entries in every line, all others are to be summed up.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from why502.model.host import Conntrack

if TYPE_CHECKING:
    from collections.abc import Callable

FILES: Final = {
    "entries": Path("/proc/sys/net/netfilter/nf_conntrack_count"),
    "limit": Path("/proc/sys/net/netfilter/nf_conntrack_max"),
    "counts": Path("/proc/thread-self/net/stat/nf_conntrack"),
}
FIELDS: Final = {"drops": "drop", "early_drops": "early_drop", "insert_failed": "insert_failed", "invalid": "invalid"}
"""Field of `model.host.Conntrack` -> column."""


def parse_counts(text: str) -> dict[str, int]:
    r"""The columns that judgement uses, summed up over the processors.

    >>> parse_counts("entries drop early_drop invalid insert_failed\n05 01 00 0a 00\n05 02 00 00 00\n")
    {'drops': 3, 'early_drops': 0, 'insert_failed': 0, 'invalid': 10}
    """
    names, *rows = [line.split() for line in text.splitlines()] or [[]]
    columns = {field: names.index(name) for field, name in FIELDS.items() if name in names}
    return {field: sum(_hexadecimal(row[at]) for row in rows if at < len(row)) for field, at in columns.items()}


def parse(entries: str, limit: str, counts: str) -> Conntrack | None:
    """None where nothing is tracked, or nothing is told."""
    if not (entries.strip().isdecimal() and limit.strip().isdecimal()):
        return None
    return Conntrack(int(entries), int(limit), **parse_counts(counts))


def read(text: Callable[[str], str]) -> Conntrack | None:
    """`text` answers the content of one of `FILES`, empty if it cannot be read."""
    return parse(text("entries"), text("limit"), text("counts"))


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
