"""Dates as syslog writes them (RFC 3164): without a year, and in nobody's zone; they are read as if they were UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from why502.model.words import utc

ZONE_S = 14 * 3600.0
"""The furthest that a local time is ahead of UTC."""


def in_year(text: str, near_s: float | None) -> float | None:
    """The nearest such date to a time that is known; `text` is like 'Nov 22 19:37:34'.

    >>> in_year("Jan  1 00:00:00", 1767139200.0)
    1767225600.0
    """
    if near_s is None:
        return None
    near = utc(near_s)
    found = [at_s for step in (-1, 0, 1) if (at_s := moment(near.year + step, text)) is not None]
    return min(found, key=lambda at_s: abs(at_s - near_s), default=None)


def before(text: str, written_s: float | None) -> float | None:
    """The last such date before the file was written, give or take the zone of either clock.

    >>> before("Dec 31 00:00:00", 1767225600.0), before("Jan  1 10:00:00", 1767225600.0)
    (1767139200.0, 1767261600.0)
    """
    if written_s is None:
        return None
    year = utc(written_s).year
    found = (moment(each, text) for each in (year + 1, year, year - 1))
    return next((at_s for at_s in found if at_s is not None and at_s <= written_s + ZONE_S), None)


def moment(year: int, text: str) -> float | None:
    """None: there is no such day in that year, or no such year."""
    try:
        return datetime.strptime(f"{year:04} {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
