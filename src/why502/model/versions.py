"""Order of version numbers, as far as the registries that we meet agree on it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from why502.model.expressions import expression

VERSION: Final = expression(r"^(?:\d{1,3}:)?\D{0,8}?(?P<numbers>\d{1,9}(?:\.\d{1,9}){0,7})(?P<rest>.*)", re.DOTALL)
BEFORE_RELEASE: Final = expression(
    r"^[.\-_~]?(?P<tag>alpha|beta|milestone|rc|cr|(?:build-)?snapshot|dev|preview|pre|canary|nightly|ea|a|b|m)"
    r"[.\-_]?(?P<n>\d{0,9})(?![A-Za-z])",
    re.IGNORECASE,
)

Key = tuple[tuple[int, ...], int, str, int]


@lru_cache(maxsize=1024)
def key(version: str) -> Key | None:
    """What versions are sorted by; None for what has no number.

    >>> key("1.3.0-rc7") < key("1.3.0") < key("1.3.6") < key("1.3.10"), key("go1.21") == key("1.21.0")
    (True, True)
    >>> key("9.4.11.v20180605") == key("9.4.11"), key("1:2.4.57-2") == key("2.4.57"), key("unknown")
    (True, True, None)
    """
    if not (match := VERSION.match(version)):
        return None
    numbers = [int(part) for part in match["numbers"].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    if early := BEFORE_RELEASE.match(match["rest"]):
        return tuple(numbers), 0, early["tag"].lower(), int(early["n"] or 0)
    return tuple(numbers), 1, "", 0


def within(version: str | None, first: str = "", fixed: str = "") -> bool:
    """Whether a version is at least `first` and before `fixed`; an empty bound is no bound.

    An unknown version is within nothing that is bounded. Nor is an early release of `fixed`: whether the fix was
    in it already is not known.

    >>> within("1.3.5", "1.3.0-rc7", "1.3.7"), within("1.3.7", "", "1.3.7"), within(None, "1"), within(None)
    (True, False, False, True)
    >>> within("1.3.7-rc1", "1.3.0-rc7", "1.3.7"), within("1.3.6.1", "", "1.3.7")
    (False, True)
    """
    if not first and not fixed:
        return True
    at = key(version) if version else None
    low, high = key(first), key(fixed)
    return at is not None and (low is None or at >= low) and (high is None or at[0] < high[0])
