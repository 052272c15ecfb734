"""The one error that reaches the user, the exit statuses, and an end that was asked for from outside."""

from __future__ import annotations

import signal
from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses of every command (documented in the README; scripts rely on them)."""

    NOTHING_WRONG = 0
    EXPLAINED = 1
    WRONG_USE = 2
    NOT_DETERMINED = 3
    DEFECT = 4


class Interrupted(KeyboardInterrupt):
    """A signal asks for the end: whatever was made is taken down on the way out."""

    def __init__(self, number: int = signal.SIGINT) -> None:
        self.number = number
        super().__init__()


class Why502Error(Exception):
    """Wrong use or unreadable evidence: what failed, where, why, and what to try next.

    >>> print(Why502Error("no evidence", where="./logs", why="the folder is empty", hint="name a log"))
    no evidence: ./logs: the folder is empty; name a log
    """

    def __init__(self, what: str, *, where: str = "", why: str = "", hint: str = "") -> None:
        self.what, self.where, self.why, self.hint = what, where, why, hint
        sentence = ": ".join(part for part in (what, where, why) if part)
        super().__init__("; ".join(part for part in (sentence, hint) if part))
