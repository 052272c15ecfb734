"""Worker processes that were gone from one look at the host to the next, set against the failures in time."""

from __future__ import annotations

from collections import Counter
from math import exp, lgamma, log, log2
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.coarse import SECOND_S
from why502.facts.deaths import ended_at
from why502.facts.scene import ListenerWindow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from why502.facts.scene import Scene
    from why502.model.case import Window

ALIKE = 0.7
"""Share of the failures that fall between two looks together with the end of a process, one for one; a clock or a look
that is late puts some into the neighbouring span."""
SMALLEST = 1e-6


class Departures(Struct, frozen=True):
    """Processes of the target that ended while others kept its listener, and requests that failed meanwhile."""

    ended: int
    failures: int
    together: int
    """Failures that fall between the same looks as the end of a process, one for one."""
    p: float
    """Chance of just this spread of the failures, if they had fallen anywhere in the time that was watched."""
    window: ListenerWindow

    @property
    def holds(self) -> bool:
        return self.together >= ALIKE * max(self.failures, 1)

    @property
    def bits(self) -> float:
        return -log2(max(self.p, SMALLEST))

    def __str__(self) -> str:
        return f"{self.together} of {self.failures} requests failed one for one with them (p = {self.p:.2g})"


def departures(scene: Scene) -> Departures | None:
    """None if no process that held the target's listener was seen to go while others kept it."""
    window = next((w for w in scene.listeners if w.departures), None)
    exact, rough = ended_at(scene)
    # A log that cuts its times down to seconds is half a second early in the mean (`facts.coarse`).
    failures_s = [*exact.values(), *(at_s + SECOND_S / 2 for at_s in rough.values())]
    if window is None or not failures_s:
        return None
    ended = Counter((span.from_s, span.to_s) for span in window.departures)
    failed = Counter(next((s for s in ended if s[0] < at_s <= s[1]), None) for at_s in failures_s)
    return Departures(
        ended=ended.total(),
        failures=len(failures_s),
        together=sum(min(number, failed[span]) for span, number in ended.items()),
        p=_chance(failed, window.watched),
        window=window,
    )


def _chance(failed: Mapping[tuple[float, float] | None, int], watched: Window) -> float:
    """Multinomial: of so many failures so many in each of the spans, and the rest (None) outside all of them."""
    whole_s = max(watched.to_s - watched.from_s, 1e-3)
    inside = [(number, (span[1] - span[0]) / whole_s) for span, number in failed.items() if span is not None]
    outside = (failed.get(None, 0), max(0.0, 1.0 - sum(share for _, share in inside)))
    terms = [(number, share) for number, share in (*inside, outside) if number]
    if any(share <= 0 for _, share in terms):
        return 0.0
    ways = lgamma(1 + sum(number for number, _ in terms)) - sum(lgamma(1 + number) for number, _ in terms)
    return min(1.0, exp(ways + sum(number * log(share) for number, share in terms)))
