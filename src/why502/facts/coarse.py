"""Logs whose times are whole seconds: nginx `$time_local` and error log, Apache `%t`, Traffic Server `%<cqtn>`.

A second that is cut off tells nothing of the order within it. The moment lies anywhere in the second that follows, in
its middle on average.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from why502.model.requests import Request

FEWEST = 2
"""One time in a thousand is a whole second by chance."""
SECOND_S = 1.0
"""How long after the time that is told the moment may lie."""


def coarse_logs(requests: Iterable[Request]) -> frozenset[str]:
    """Paths of the logs in which every request began, or every one ended, at a whole second."""
    known = [(r.at.path, r.start_s, r.end_s) for r in requests]
    began = whole_seconds((path, start_s) for path, start_s, _ in known)
    return began | whole_seconds((path, end_s) for path, _, end_s in known)


def whole_seconds(times: Iterable[tuple[str, float | None]]) -> frozenset[str]:
    """Of pairs (path, time): the paths of which all times are whole seconds."""
    known: dict[str, list[bool]] = defaultdict(list)
    for path, at_s in times:
        if at_s is not None:
            known[path].append(at_s.is_integer())
    return frozenset(path for path, whole in known.items() if len(whole) >= FEWEST and all(whole))


def moment_s(told_s: float | None, request: Request, coarse: frozenset[str]) -> float | None:
    """When it was, for comparison with other clocks: the middle of the second that a coarse log tells.

    Without a duration, an end beside a beginning of whole seconds comes from the error log, and is exact.
    """
    if told_s is None or request.at.path not in coarse:
        return told_s
    return told_s + SECOND_S / 2 if told_s.is_integer() or request.total_s is not None else told_s
