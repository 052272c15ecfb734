"""How long pooled connections had been idle when they failed: one timeout, or chance."""

from __future__ import annotations

from itertools import pairwise
from statistics import median, quantiles
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.model.conversations import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Scene
    from why502.model.conversations import Conversation

ENDED_BY_TARGET = frozenset({Outcome.RACED, Outcome.CLOSED_BEFORE_ANSWER, Outcome.RESET_BEFORE_ANSWER})
"""All that a timer of the target can look like: its close crosses the request, or the kernel takes the request before
the program closes the socket, by FIN or (as there is unread data) by RST."""
CONSTANT = 0.1
"""Times whose quartiles differ by less than this share of their median are one timeout, not chance."""
FEWEST = 4
INSTANT_S = 0.05
"""Ends closer together than this are of one event: what they have in common need not be a timer."""
INSTANTS = 2
"""What was used together, and then ended together, had been silent for the same time whatever ended it."""
MIN_CONSTANT_S = 0.3
"""Shorter pauses than this are the rhythm of the load itself."""


class Idleness(Struct, frozen=True):
    """Of the connections to one target that it ended although a request was on its way."""

    number: int
    reused: int
    """Those that had served before, or had been opened in advance."""
    raced: int
    """Those on which the close and the request crossed."""
    median_s: float
    """Idleness before the request, of the reused ones."""
    constant: bool
    """There is one timeout of the target behind nearly all of them."""

    def holds(self, idle_s: Sequence[float | None]) -> bool:
        """Whether these come from the same timeout."""
        return self.constant and all(
            idle is not None and abs(idle - self.median_s) <= CONSTANT * self.median_s for idle in idle_s
        )


def idleness(scene: Scene) -> Idleness:
    """Over all outcomes together: the same timer makes each of them."""
    ended = [c for c in (scene.wire.failed if scene.wire else ()) if c.outcome in ENDED_BY_TARGET]
    reused = [c for c in ended if not c.new]
    idle_s = [c.idle_before_request_s or 0.0 for c in reused]
    return Idleness(
        number=len(ended),
        reused=len(reused),
        raced=sum(c.outcome is Outcome.RACED for c in ended),
        median_s=median(idle_s) if idle_s else 0.0,
        constant=near_constant(idle_s) and len(reused) == len(ended) and _instants(reused) >= INSTANTS,
    )


def _instants(ended: Sequence[Conversation]) -> int:
    ends_s = sorted(c.end_s for c in ended if c.end_s is not None)
    return bool(ends_s) + sum(after - before > INSTANT_S for before, after in pairwise(ends_s))


def near_constant(idle_s: Sequence[float]) -> bool:
    """Whether these are one timeout rather than chance.

    >>> near_constant([5.0, 5.01, 5.02, 4.99]), near_constant([5.0, 5.01, 9.0, 1.0]), near_constant([5.0, 5.0])
    (True, False, False)
    """
    if len(idle_s) < FEWEST or min(idle_s) < MIN_CONSTANT_S:
        return False
    low_s, typical_s, high_s = quantiles(idle_s, n=4)
    return high_s - low_s <= CONSTANT * typical_s
