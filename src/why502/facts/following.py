"""Whether failures follow something that happened at known times, more than chance would have it."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import exp, lgamma, log, log1p
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.model.case import Window
from why502.model.evidence import Source
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.case import Case

BURST_S = 1.0
"""Failures less than this apart are one event: a page loads within a second, and all its parts fail together."""


class Following(Struct, frozen=True):
    """Bursts of failures, and how many of them came soon after one of the causes."""

    failures: int
    bursts: int
    inside: int
    share: float
    """Of the time, that lies soon after a cause."""

    @property
    def p(self) -> float:
        """Chance of so many, if bursts fell anywhere: the binomial test."""
        return p_value(self.inside, self.bursts, self.share)

    def told(self, what: str) -> str:
        """`what` names the time: 'up to 10 min after a change (of 2)'."""
        return (
            f"{self.inside} of {count(self.bursts, 'burst')} of failures ({self.failures} in all) came {what}, "
            f"which is {self.share:.0%} of the time (binomial p = {self.p:.2g})"
        )


def following(failures_s: Sequence[float], causes_s: Sequence[float], within_s: float, seen: Window) -> Following:
    """Sets failures against causes (epoch seconds, in any order) within the time that was seen."""
    causes_s = sorted(causes_s)
    bursts_s = bursts(failures_s)
    return Following(
        failures=len(failures_s),
        bursts=len(bursts_s),
        inside=sum(_soon_after(at_s, causes_s, within_s) for at_s in bursts_s),
        share=_share_after(causes_s, within_s, seen),
    )


def seen_window(case: Case) -> Window | None:
    """The time that the evidence covers, lists of changes aside: they reach back further than anybody looked."""
    spans = [i.window for i in case.inputs if i.window is not None and i.source is not Source.CHANGES]
    return Window(min(w.from_s for w in spans), max(w.to_s for w in spans)) if spans else None


def untold_changes(case: Case) -> str:
    """Why no change can be set against failures."""
    empty = any(i.source is Source.CHANGES for i in case.inputs)
    return "the list of changes that was given is empty" if empty else "no list of changes was given"


def bursts(times_s: Sequence[float]) -> list[float]:
    """When each burst began.

    >>> bursts([10.0, 0.0, 0.4, 0.8, 1.7, 11.0])
    [0.0, 10.0, 11.0]
    """
    in_order = sorted(times_s)
    return in_order[:1] + [after for before, after in pairwise(in_order) if after - before >= BURST_S]


def _soon_after(at_s: float, causes_s: Sequence[float], within_s: float) -> bool:
    place = bisect_right(causes_s, at_s)
    return place > 0 and at_s - causes_s[place - 1] <= within_s


def _share_after(causes_s: Sequence[float], within_s: float, seen: Window) -> float:
    covered_s, until_s = 0.0, seen.from_s
    for at_s in causes_s:
        begin_s, end_s = max(at_s, until_s), min(at_s + within_s, seen.to_s)
        covered_s += max(0.0, end_s - begin_s)
        until_s = max(until_s, end_s)
    return min(1.0, covered_s / (seen.to_s - seen.from_s)) if seen.to_s > seen.from_s else 1.0


def p_value(inside: int, total: int, share: float) -> float:
    """Chance of at least `inside` out of `total`, each with probability `share`.

    >>> p_value(0, 10, 0.1), round(p_value(3, 3, 0.5), 3)
    (1.0, 0.125)
    """
    if inside <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    return min(1.0, sum(exp(_log_binomial(k, total, share)) for k in range(inside, total + 1)))


def _log_binomial(k: int, total: int, share: float) -> float:
    """Logarithm of the chance of exactly k; in logarithms, since coefficients exceed any float."""
    ways = lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1)
    return ways + k * log(share) + (total - k) * log1p(-share)
