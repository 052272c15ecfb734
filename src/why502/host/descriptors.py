"""Open files of a process against its limit (/proc/PID/fd and limits, proc(5))."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from why502.model.expressions import expression

if TYPE_CHECKING:
    from pathlib import Path

LIMIT: Final = expression(r"^Max open files\s+(\d+)\s", re.MULTILINE)


def parse_limit(text: str) -> int | None:
    r"""The soft limit, which is the one that `accept` and `connect` run into.

    >>> parse_limit("Limit Soft Hard Units\nMax open files            1024   4096   files\n"), parse_limit("")
    (1024, None)
    """
    match = LIMIT.search(text)
    return int(match[1]) if match else None


def read(process: Path) -> tuple[int | None, int | None]:
    """(open files, limit) of the process in `/proc/PID`; None for what may not be seen."""
    return _count(process / "fd"), _limit(process / "limits")


def peek(process: Path) -> int | None:
    """Open files by one system call; None where that does not tell (before Linux 6.2), or if it may not be seen."""
    try:
        return os.stat(process / "fd").st_size or None  # noqa: PTH116 - asked a hundred times a second
    except OSError:
        return None


def _count(folder: Path) -> int | None:
    """Since Linux 6.2 the size of the folder is the number of open files (commit f1f1f2569901)."""
    try:
        return os.stat(folder).st_size or len(os.listdir(folder))  # noqa: PTH116, PTH208 - thousands of names
    except OSError:
        return None


def _limit(path: Path) -> int | None:
    try:
        return parse_limit(path.read_text("utf-8", "replace"))
    except OSError:
        return None
