"""Races that came a step late go with those that show themselves.

A target's keep-alive timer closes the socket some microseconds before the request arrives (a race), or some after: then
its kernel has acknowledged the request, and the wire shows no more than a connection that was ended without an answer.
Beside a crash, or a handler that fails, these would be counted as its failures.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from why502.facts.idle_timer import idle_timer
from why502.facts.idleness import CONSTANT, near_constant
from why502.model.conversations import Outcome

if TYPE_CHECKING:
    from why502.facts.scene import Failure
    from why502.facts.siblings import Key
    from why502.model.wire import Wire

LATE = frozenset({Outcome.CLOSED_BEFORE_ANSWER, Outcome.RESET_BEFORE_ANSWER})

SHOWN = 0.25
"""Most late ones would have to be explained by few that show themselves: a load of one rhythm makes such, too."""


def with_races(groups: dict[Key, list[Failure]], wire: Wire | None) -> None:
    """Moves them, in place: failures whose connection had been idle for the very timeout that made the others race."""
    raced: dict[object, dict[Key, list[float]]] = defaultdict(dict)
    for key, group in groups.items():
        if key[4] is Outcome.RACED:
            raced[key[0]][key] = [idle_s for f in group if (idle_s := _idle_s(f)) is not None]
    for target, by_key in raced.items():
        crossed_s = [idle for times_s in by_key.values() for idle in times_s]
        timer = idle_timer(wire.target(str(target)) if wire else None)
        timeout_s = timer.idle_s if timer else median(crossed_s) if crossed_s else 0.0
        others = [f for key, group in groups.items() if key[0] == target and key[4] in LATE for f in group]
        late_s = [idle for f in others if _timed(f, timeout_s) and (idle := _idle_s(f)) is not None]
        if timer is None and not near_constant([*crossed_s, *late_s]):
            continue
        shown = sum(abs(idle_s - timeout_s) <= CONSTANT * timeout_s for idle_s in crossed_s)
        if shown < SHOWN * (shown + len(late_s)):
            continue
        home = max(by_key.items(), key=lambda item: (len(item[1]), str(item[0])))[0]
        for key in [key for key in groups if key[0] == target and key[4] in LATE and key[1] == home[1]]:
            late = [f for f in groups[key] if _timed(f, timeout_s)]
            groups[home].extend(late)
            groups[key] = [f for f in groups[key] if not _timed(f, timeout_s)]
            if not groups[key]:
                del groups[key]


def _idle_s(failure: Failure) -> float | None:
    return failure.conversation.idle_before_request_s if failure.conversation is not None else None


def _timed(failure: Failure, timeout_s: float) -> bool:
    idle_s = _idle_s(failure)
    return idle_s is not None and abs(idle_s - timeout_s) <= CONSTANT * timeout_s
