"""Lengths of time as configurations write them."""

from __future__ import annotations

import re
from typing import Final

from why502.model.expressions import expression

UNITS_S: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "mi": 60.0,
    "min": 60.0,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
    "w": 604_800.0,
}
"""nginx (`ngx_parse_time`), HAProxy (`parse_time_err`), Go (`time.ParseDuration`) and Apache
(`ap_timeout_parameter_parse`) agree on these, as far as each has them."""

LONGEST_S: Final = 10 * 365 * 86_400.0
"""Longer ones are nobody's."""

_PART = expression(r"(\d{1,18}(?:\.\d{0,12})?|\.\d{1,12})([a-zµ]{0,3})", re.IGNORECASE)


def seconds(text: str, unit: str = "s") -> float | None:
    """The length in seconds; a bare number has that unit. None: no length.

    >>> seconds("60"), seconds("5000", "ms"), seconds("1m30s"), seconds("500ms"), seconds("1h 30m"), seconds("never")
    (60.0, 5.0, 90.0, 0.5, 5400.0, None)
    """
    text = text.strip()
    parts = _PART.findall(text)
    if not parts or "".join(f"{number}{name}" for number, name in parts) != text.replace(" ", ""):
        return None
    factors_s = [UNITS_S.get(name.lower() if name else unit) for _, name in parts]
    known = [(float(number), factor_s) for (number, _), factor_s in zip(parts, factors_s, strict=True) if factor_s]
    length_s = round(sum(number * factor_s for number, factor_s in known), 9)
    return length_s if len(known) == len(parts) and length_s <= LONGEST_S else None
