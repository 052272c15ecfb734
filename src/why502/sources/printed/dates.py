"""Lines that are nothing but a time: what `date` prints between the looks of a loop."""

from __future__ import annotations

import re
from typing import Final

from why502.model.expressions import expression
from why502.sources.changes.git_dates import find_date

MAX_CHARACTERS: Final = 80

_DAY, _MONTH, _CLOCK = r"[A-Z][a-z]{2}", r"[A-Z][a-z]{2}", r"\d\d:\d\d:\d\d"
_C_LOCALE = expression(rf"({_DAY}) ({_MONTH}) +(\d{{1,2}}) ({_CLOCK}) ([AP]M )?([A-Z]{{3,4}}) (\d{{4}})", re.ASCII)
"""`date` with LC_TIME=C, and en_US of older glibc: Mon Nov 23 06:31:07 UTC 2026."""
_EN_US = expression(rf"({_DAY}) (\d\d?) ({_MONTH}) (\d{{4}}) ({_CLOCK}) ([AP]M )?([A-Z]{{3,4}})", re.ASCII)
"""en_US since glibc 2.29: Mon 23 Nov 2026 06:31:07 AM UTC."""
_EPOCH = expression(r"1\d{9}(?:\.\d{1,9})?", re.ASCII)
_OSWATCHER = expression(r"zzz \*{3}")
"""What OSWatcher writes before the output of `date`."""

ZONES: Final = {
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "EDT": -4,
    "EST": -5,
    "CDT": -5,
    "MDT": -6,
    "MST": -7,
    "PDT": -7,
    "PST": -8,
    "JST": 9,
}
"""Hours east of Greenwich of the zones that only one part of the world calls so."""


def instant_s(line: str) -> float | None:
    """The time that the line tells, if it tells nothing else. Without a zone it is read as UTC.

    >>> instant_s("Mon Nov 23 06:31:07 UTC 2026"), instant_s("2026-11-23T07:31:07+01:00"), instant_s("up since 2026")
    (1795415467.0, 1795415467.0, None)
    """
    text = _OSWATCHER.sub("", line[:MAX_CHARACTERS], count=1).strip()
    if _EPOCH.fullmatch(text):
        return float(text)
    if found := _C_LOCALE.fullmatch(text):
        day, month, number, clock, half, zone, year = found.groups()
    elif found := _EN_US.fullmatch(text):
        day, number, month, year, clock, half, zone = found.groups()
    else:
        dated = find_date(text)
        return dated.at_s if not isinstance(dated, str) and text == text[dated.begin : dated.end] else None
    if zone not in ZONES:
        return None
    dated = find_date(f"{day} {month} {number} {_of_24_hours(clock, half)} {year} {ZONES[zone]:+03}00")
    return None if isinstance(dated, str) else dated.at_s


def _of_24_hours(clock: str, half: str | None) -> str:
    """The hour as a clock of 24 hours tells it.

    >>> _of_24_hours("12:00:01", "AM "), _of_24_hours("01:00:00", "PM "), _of_24_hours("13:00:00", None)
    ('00:00:01', '13:00:00', '13:00:00')
    """
    if half is None:
        return clock
    hour = int(clock[:2]) % 12 + (12 if half.startswith("P") else 0)
    return f"{hour:02}{clock[2:]}"
