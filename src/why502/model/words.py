"""Wording that facts, suspects and reports share."""

from __future__ import annotations

from datetime import UTC, datetime


def count(number: int, noun: str) -> str:
    """A number of things.

    >>> count(1, "failure"), count(52004, "record")
    ('1 failure', '52,004 records')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


FIRST_S, LAST_S = -62_135_596_800.0, 253_402_300_799.0
"""The years 1 and 9999: logs and captures claim times beyond them, which no calendar has."""


def utc(at_s: float) -> datetime:
    """A moment of the calendar: the nearest one for what lies beyond it.

    >>> utc(1e15).year, utc(-1e15).year
    (9999, 1)
    """
    return datetime.fromtimestamp(min(max(at_s, FIRST_S), LAST_S), UTC)


def rfc3339(at_s: float) -> str:
    """UTC with milliseconds.

    >>> rfc3339(1535487443.3669)
    '2018-08-28T20:17:23.367Z'
    """
    return utc(round(at_s, 3)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
