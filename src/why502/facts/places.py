"""How many requests a target serves at once: the number in flight that parts those served as ever from those that wait.

A free place serves as fast as any other (a queue with c servers). What all requests share, as a processor or a
database, makes each that comes later a little slower instead, and no number divides them sharply.
"""

from __future__ import annotations

from math import inf
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from why502.facts.crowding import fisher

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 3
"""Requests on either side of the division."""
FOUND = 0.75
"""Of those that found a place are served in the usual time, give or take what differs between paths..."""
WAITED = 0.9
"""...and of those that found none are not."""
EVEN = 1.2
"""A free place serves as fast as any other; where those that came last took longer, all goes slower under load."""
CLEAR = 0.005
LEAST_S = 0.02
"""A difference below that may be the scheduler's or the network's doing."""


class Division(NamedTuple):
    """The requests of the crowds in which some had to wait, divided by how many were in flight as each came."""

    places: int = 0
    """The number that divides them best; 0: none does."""
    found: int = 0
    """Came while fewer were in flight..."""
    found_slow: int = 0
    """...and were slow all the same."""
    waited: int = 0
    """Came while at least so many were in flight..."""
    waited_slow: int = 0
    rise: float = inf
    """How long those took that found one of the last places, over those that found one of the first (medians)."""
    p: float = 1.0
    """Chance of such a division if the number in flight made no difference (Fisher's exact test, one-sided), times the
    number of divisions that were tried."""

    @property
    def is_sharp(self) -> bool:
        """Those that found a place were served alike, and all others were late."""
        return self._parts and self.rise <= EVEN

    @property
    def is_gradual(self) -> bool:
        """Those that came last of the quick ones were slower already."""
        return self._parts and EVEN < self.rise < inf

    @property
    def _parts(self) -> bool:
        return self.found - self.found_slow >= FOUND * self.found and self.waited_slow >= WAITED * self.waited


def divided(came: Sequence[tuple[int, float]], limit_s: float) -> Division:
    """Of pairs (requests in flight, how long it took; above the limit it was slow): the clearest division that is
    sharp, else the clearest.
    """
    best, tried = Division(), 0
    for places in sorted({ahead for ahead, _ in came} - {0}):
        found = [lasted_s > limit_s for ahead, lasted_s in came if ahead < places]
        waited = [lasted_s > limit_s for ahead, lasted_s in came if ahead >= places]
        if min(len(found), len(waited)) >= FEWEST:
            tried += 1
            p = fisher(len(found), sum(found), len(waited), sum(waited))
            one = Division(places, len(found), sum(found), len(waited), sum(waited), _rise(came, places), p)
            best = min(best, one, key=lambda each: (not each.is_sharp or each.p >= CLEAR, each.p))
    return best._replace(p=min(1.0, best.p * max(tried, 1)))


def _rise(came: Sequence[tuple[int, float]], places: int) -> float:
    first = [lasted_s for ahead, lasted_s in came if 2 * ahead < places]
    last = [lasted_s for ahead, lasted_s in came if places <= 2 * ahead < 2 * places]
    return median(last) / max(median(first), LEAST_S) if first and last else inf
