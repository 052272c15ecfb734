"""Log lines that are JSON objects: their values under whatever keys people gave them.

Hand-made JSON writes numbers as strings, and absent values as null, "" or "-".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from why502.formats.fields import ABSENT

CACHED_LINES = 256
"""Enough for the lines that decide which format a file has: each format looks at the same ones."""

CACHED_CHARACTERS = 8192

MAX_NUMBER = 1e15
"""Beyond this no time, duration or count can be meant."""

_DECODER = msgspec.json.Decoder(dict[str, object])


@dataclass(frozen=True, slots=True)
class Row:
    """One object; of several keys the first one with a value counts."""

    values: dict[str, object]

    def text(self, *keys: str) -> str | None:
        """As text; numbers are written out."""
        for key in keys:
            value = self.values.get(key)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return str(value)
            if isinstance(value, str) and value not in ABSENT:
                return value
        return None

    def number(self, *keys: str) -> float | None:
        """As a number that is not negative: logs write -1 for what did not happen."""
        for key in keys:
            value = self.values.get(key)
            try:
                number = float(value) if isinstance(value, (int, float, str)) else -1.0
            except (ValueError, OverflowError):
                continue
            if math.isfinite(number) and 0.0 <= number < MAX_NUMBER:
                return number
        return None

    def milliseconds(self, *keys: str) -> float | None:
        """A time or a duration in milliseconds, as seconds."""
        value = self.number(*keys)
        return None if value is None else round(value / 1000, 6)

    def whole(self, *keys: str) -> int | None:
        """As a count or a status."""
        value = self.number(*keys)
        return None if value is None else int(value)

    def inner(self, key: str) -> Row:
        """An object within the object; an empty one if there is none."""
        value = self.values.get(key)
        return Row(value if isinstance(value, dict) else {})

    def has(self, *keys: str) -> bool:
        return all(key in self.values for key in keys)


def row(line: str) -> Row | None:
    """The object on this line; None if the line is none."""
    if not line.startswith("{"):
        return None
    return _row(line) if len(line) <= CACHED_CHARACTERS else _row.__wrapped__(line)


@lru_cache(maxsize=CACHED_LINES)
def _row(line: str) -> Row | None:
    try:
        return Row(_DECODER.decode(line))
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None
