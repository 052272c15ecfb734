"""Idle connections that the target closed together with those that failed, each after another silence.

A timer runs for each connection by itself: what it closes at one instant had been silent equally long. Whoever stops a
process (`http.Server.Shutdown` of Go, `server.closeIdleConnections` of Node.js, or the end of the process) closes all
idle connections at one instant, however long each had been silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.idle_timer import idle_close_s, silence_at_close_s, when_closed_s
from why502.facts.idleness import CONSTANT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from why502.model.conversations import Conversation
    from why502.model.wire import TargetWire

INSTANT_S = 0.05
"""What is closed at once, is seen to be within this (`deaths.TOGETHER_S`)."""


class ClosedAlong(Struct, frozen=True):
    """Of the idle connections that were closed within `INSTANT_S` of one that failed."""

    alike: int
    """As long silent as that one."""
    silences_s: tuple[float, ...]
    """Of the others, the shortest first."""

    @property
    def at_one_instant(self) -> bool:
        """Whether they were closed as one, and not each by its own timer."""
        return len(self.silences_s) >= FEWEST_OTHERS and len(self.silences_s) > self.alike


FEWEST_OTHERS = 2
"""One may end then for a reason of its own."""


def closed_along(wire: TargetWire | None, conversations: Iterable[Conversation]) -> ClosedAlong:
    """Over all that failed; an idle connection counts once."""
    failed = [
        (at_s, silence_s) for c in conversations if (silence_s := silence_at_close_s(c)) and (at_s := when_closed_s(c))
    ]
    idle = [(at_s, s) for c in (wire.ended if wire else ()) if (s := idle_close_s(c)) and (at_s := when_closed_s(c))]
    near = [(s, [own for end_s, own in failed if abs(end_s - at_s) <= INSTANT_S]) for at_s, s in idle]
    along = [(s, own) for s, own in near if own]
    others = sorted(s for s, own in along if not any(abs(s - one) <= CONSTANT * one for one in own))
    return ClosedAlong(len(along) - len(others), tuple(others))
