"""The dates that git writes (`--date=...`, `%ad`, `%cI`, `%ct`...), wherever they stand in a line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from why502.formats.fields import iso_time
from why502.model.expressions import expression

_DAY, _MONTH = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d\d:\d\d:\d\d"

_STRICT = expression(rf"\b(\d{{4}}-\d\d-\d\dT{_CLOCK}(?:Z|[+-]\d\d:?\d\d))", re.ASCII)
_LIKE_ISO = expression(rf"\b(\d{{4}}-\d\d-\d\d) ({_CLOCK})(?: ([+-]\d\d)(\d\d))?", re.ASCII)
_MAIL = expression(rf"\b{_DAY}, \d{{1,2}} {_MONTH} \d{{4}} {_CLOCK} [+-]\d{{4}}", re.ASCII)
_DEFAULT = expression(rf"\b{_DAY} ({_MONTH}) +(\d{{1,2}}) ({_CLOCK}) (\d{{4}})(?: ([+-]\d{{4}}))?", re.ASCII)
_SECONDS = expression(r"(?<![\w.:-])(1\d{9})(?: [+-]\d{4})?(?![\w.:-])", re.ASCII)
_DAY_ALONE = expression(r"\b\d{4}-\d\d-\d\d\b", re.ASCII)
_AGO = expression(r"\b\d+ (?:second|minute|hour|day|week|month|year)s?(?:, \d+ months?)? ago\b", re.ASCII)


class Dated(NamedTuple):
    """A moment, and where in the line it is written."""

    at_s: float
    begin: int
    end: int


def find_date(line: str) -> Dated | str:
    """The first of the most telling kind; else why there is none. Without a zone it is taken as UTC.

    >>> find_date("1edd790 Sun Nov 22 11:15:00 2026 +0100 Release")
    Dated(at_s=1795342500.0, begin=8, end=38)
    >>> find_date("1edd790 (Release 2.1, 2026-11-22)")
    'a day without a time of day'
    """
    for pattern, read in _READERS:
        found = pattern.search(line)
        at_s = read(found) if found else None
        if found and at_s is not None:
            return Dated(at_s, *found.span())
    if _DAY_ALONE.search(line):
        return "a day without a time of day"
    return "a time that only tells how long ago it was" if _AGO.search(line) else "no time"


def _strict(found: re.Match[str]) -> float | None:
    return iso_time(found[1])


def _like_iso(found: re.Match[str]) -> float | None:
    zone = f"{found[3]}:{found[4]}" if found[3] else "Z"
    return iso_time(f"{found[1]}T{found[2]}{zone}")


def _mail(found: re.Match[str]) -> float | None:
    from email.utils import parsedate_to_datetime  # as slow to import as all readers of changes

    try:
        return parsedate_to_datetime(found[0]).timestamp()
    except (ValueError, OverflowError):
        return None


def _default(found: re.Match[str]) -> float | None:
    month, day, clock, year, zone = found.groups()
    try:
        moment = datetime.strptime(f"{day} {month} {year} {clock} {zone or '+0000'}", "%d %b %Y %H:%M:%S %z")
    except ValueError:
        return None
    return moment.astimezone(UTC).timestamp() if 1970 <= moment.year < 2100 else None


def _seconds(found: re.Match[str]) -> float | None:
    return float(found[1])


_READERS = (
    (_STRICT, _strict),
    (_LIKE_ISO, _like_iso),
    (_MAIL, _mail),
    (_DEFAULT, _default),
    (_SECONDS, _seconds),
)
