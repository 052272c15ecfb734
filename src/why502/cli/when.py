"""Times on the command line."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

import click

from why502.model.expressions import expression

_AGO = expression(r"(\d{1,9})\s*([smhd])(?:\s+ago)?")
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def epoch_s(text: str, now_s: float) -> float | None:
    """Epoch seconds of an RFC 3339 time, of 'YYYY-MM-DD HH:MM' (UTC), or of '30m' before now; None if neither.

    >>> epoch_s("1970-01-01 01:00", 0.0), epoch_s("1970-01-01T01:00:00+01:00", 0.0), epoch_s("30m", 3600.0)
    (3600.0, 0.0, 1800.0)
    """
    if ago := _AGO.fullmatch(text.strip()):
        return now_s - int(ago[1]) * _UNITS_S[ago[2]]
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


class When(click.ParamType[float]):
    """A moment, as epoch seconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = epoch_s(str(value), time.time())
        if found is None:
            self.fail(f"{value!r} is no time: write 2018-08-28T20:17:23Z, '2018-08-28 20:17' (UTC) or 2h", param, ctx)
        return found
