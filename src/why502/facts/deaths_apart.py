"""Two faults in one log: requests that died together at work, and such as are cut the moment they are sent, all day.

By a log alone both are exchanges that the target ended. A process that dies takes along what is at work, at one
instant, and refuses connects afterwards; a timer of the target's that closes idle connections meets requests that have
just been sent, one at a time, whenever it fires. Counted as one fault, the larger one would be blamed for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.deaths import AFTERWARDS_S, AT_WORK_S, SHARP, SPREAD, TOGETHER_S
from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from why502.facts.scene import Failure
    from why502.facts.siblings import Key

ENDED = frozenset({Manner.CUT, Manner.RESET, Manner.CLOSED})
FEWEST = 3
"""Instants at which requests were cut as they were sent: two may be connections that the death itself had closed."""
DOWN_S = 1.0
"""What is cut so soon after a death had been closed by it."""


def with_deaths_apart(groups: dict[Key, list[Failure]]) -> None:
    """Gives what was cut as it was sent a group of its own, in place, beside deaths that refused connects followed.

    Only where nothing but a log tells, and tells fractions of a second.
    """
    for key in [key for key in groups if key[2] is Phase.WAIT and key[3] in ENDED and key[4] is None]:
        died_s = _died_s(groups[key])
        refused = (f for other, group in groups.items() if _refused(key, other) for f in group)
        if died_s is None or not any(f.at_s is not None and 0 <= f.at_s - died_s <= AFTERWARDS_S for f in refused):
            continue
        at_once = [f for f in groups[key] if _as_it_was_sent(f) and not _with(f, died_s)]
        if len({round((f.at_s or 0.0) / TOGETHER_S) for f in at_once}) >= FEWEST:
            chosen = {id(f) for f in at_once}
            groups[(*key, AT_ONCE)] = at_once
            groups[key] = [f for f in groups[key] if id(f) not in chosen]


AT_ONCE = "at once"
"""Last part of such a group's key."""


def _refused(key: Key, other: Key) -> bool:
    # Varnish and Caddy name no address of a connect that failed.
    return other[0] in (key[0], None) and other[2] is Phase.CONNECT and other[3] in (Manner.REFUSED, Manner.UNKNOWN)


def _died_s(group: list[Failure]) -> float | None:
    """When the most were ended at one instant that had been begun at different times, and were at work."""
    at_work = sorted((f.at_s, begun_s) for f in group if f.at_s is not None and (begun_s := _at_work_since_s(f)))
    best: list[tuple[float, float]] = []
    first = 0
    for index, (end_s, _) in enumerate(at_work):
        while end_s - at_work[first][0] > TOGETHER_S:
            first += 1
        best = max(best, at_work[first : index + 1], key=len)
    begun = [begun_s for _, begun_s in best]
    apart = len(best) >= SHARP and max(begun) - min(begun) >= SPREAD * max(best[-1][0] - best[0][0], TOGETHER_S / 2)
    return best[0][0] if apart else None


def _at_work_since_s(failure: Failure) -> float | None:
    start_s = failure.logged.request.start_s if failure.logged else None
    long_ago = start_s is not None and failure.at_s is not None and failure.at_s - start_s >= AT_WORK_S
    return start_s if long_ago else None


def _as_it_was_sent(failure: Failure) -> bool:
    wait_s = failure.logged.request.wait_s if failure.logged else None
    return wait_s is not None and wait_s < AT_WORK_S


def _with(failure: Failure, died_s: float) -> bool:
    return failure.at_s is None or -TOGETHER_S <= failure.at_s - died_s <= DOWN_S
