"""Wording that facts, suspects and reports share."""

from __future__ import annotations

from datetime import UTC, datetime


def count(number: int, noun: str) -> str:
    """A number of things.

    >>> count(1, "failure"), count(52004, "record")
    ('1 failure', '52,004 records')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def rfc3339(at_s: float) -> str:
    """UTC with milliseconds.

    >>> rfc3339(1535487443.3669)
    '2018-08-28T20:17:23.367Z'
    """
    return datetime.fromtimestamp(round(at_s, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
