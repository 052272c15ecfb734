"""Whether a resource was used more while requests failed: the medians, and a rank test over time."""

from __future__ import annotations

from bisect import bisect_left
from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.metered_failures import ELB_5XX, ELB_5XX_ALL, GATEWAY_5XX, TARGET_5XX, WAYS
from why502.facts.ranks import p_higher, smallest_p
from why502.facts.scene import Basis
from why502.model.requests import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from why502.facts.scene import Cluster, Scene
    from why502.facts.usage import Usage

SIGNIFICANT = 0.05
"""Below this, chance is left out of account."""

LAGS = 3
LONGEST_LAG_S = 300.0
"""Requests fail at once, or a few spans after a queue began to fill: up to so many spans, and so much time, later."""


COUNTED_IN = {
    Side.PROXY: (*ELB_5XX, ELB_5XX_ALL, *(way.metric for way in WAYS)),
    Side.TARGET: (TARGET_5XX,),
    None: (GATEWAY_5XX,),
}
"""Which metrics count the failures of a cluster, by who made them."""


class FailureTimes(Struct, frozen=True):
    """When requests failed: in the cluster, in others of its target, and up to when all are known (epoch seconds)."""

    times_s: tuple[float, ...]
    others_s: tuple[float, ...] = ()
    known_until_s: float = float("inf")


class Comparison(Struct, frozen=True):
    """Use during spans with failures, and during the others. None: there is no such span."""

    during: float | None
    otherwise: float | None
    spans: int
    during_spans: int = 0
    p: float | None = None
    """Chance of use at least so much higher during failures; None: too few spans to ever be below `SIGNIFICANT`."""
    lag_s: float = 0.0
    """How long use was ahead of the failures where they agree best; 0 where no lag makes the difference."""

    @property
    def tested(self) -> bool:
        return self.p is not None

    def told(self, number: Callable[[float], str] = "{:.0%}".format) -> str:
        """In words to repeat: 'while requests failed 31% (median), otherwise 30% (median), p = 0.6'."""
        parts = (("while requests failed", self.during), ("otherwise", self.otherwise))
        said = [f"{when} {number(share)} (median)" for when, share in parts if share is not None]
        return ", ".join([*said, *self._test()])

    def __str__(self) -> str:
        return self.told()

    def _test(self) -> list[str]:
        others = self.spans - self.during_spans
        if self.during is None or self.otherwise is None:
            return []
        if self.p is None:
            return [f"too few to test ({self.during_spans} and {others} spans)"]
        p = f"p = {self.p:.2g}" if self.p >= 0.001 else "p < 0.001"
        lag = f"{self.lag_s:.0f} s ahead" if self.lag_s else "no lag"
        return [f"{p} (rank test, {self.during_spans} and {others} spans, {lag})"]


def failure_times(scene: Scene) -> FailureTimes:
    """Of a cluster that is counted in metrics alone: the middles of the periods that count failures."""
    cluster = scene.cluster
    if cluster.basis is Basis.METRICS:
        return FailureTimes(tuple(sorted(_counted(scene))))
    times_s = tuple(sorted(_times(cluster)))
    traffic = scene.case.traffic
    cut = times_s and traffic is not None and traffic.failures_total > len(traffic.failures)
    return FailureTimes(
        times_s,
        tuple(sorted(at_s for other in scene.others for at_s in _times(other))),
        times_s[-1] if cut else float("inf"),
    )


def _times(cluster: Cluster) -> Iterable[float]:
    return (f.at_s for f in cluster.failures if f.at_s is not None)


def _counted(scene: Scene) -> Iterable[float]:
    names = COUNTED_IN.get(scene.cluster.side, ())
    for series in scene.case.metrics:
        if series.name in names:
            half_s = (series.period_s or 60.0) / 2
            yield from (at_s + half_s for at_s, value in series.points if value > 0)


def compare(usage: Usage, failures: FailureTimes) -> Comparison:
    """Medians over spans that hold a failure and over those that hold none, and how likely chance did it.

    At no lag first. Only if that is no more than chance, the lags: the best of them, its p multiplied by their
    number (Bonferroni).
    """
    spans = [span for span in usage.spans if span[0] <= failures.known_until_s]
    at_once = _at_lag(spans, failures, 0.0)
    if at_once.p is None or at_once.p < SIGNIFICANT or at_once.during is None:
        return at_once
    length_s = median(to_s - from_s for from_s, to_s, _ in spans)
    lags_s = [n * length_s for n in range(1, LAGS + 1) if 0 < n * length_s <= LONGEST_LAG_S]
    later = [found for lag_s in lags_s if (found := _at_lag(spans, failures, lag_s)).p is not None]
    best = min(later, key=lambda found: found.p or 0.0, default=at_once)
    if best.lag_s and (best.p or 0.0) * len(lags_s) < SIGNIFICANT:
        return Comparison(
            best.during, best.otherwise, best.spans, best.during_spans, (best.p or 0.0) * len(lags_s), best.lag_s
        )
    return at_once


def _at_lag(spans: Sequence[tuple[float, float, float]], failures: FailureTimes, lag_s: float) -> Comparison:
    """Spans in which only requests of other clusters failed are neither one nor the other."""
    failed = [_holds(failures.times_s, from_s + lag_s, to_s + lag_s) for from_s, to_s, _ in spans]
    kept = [
        (share, failing)
        for (from_s, to_s, share), failing in zip(spans, failed, strict=True)
        if failing or not _holds(failures.others_s, from_s + lag_s, to_s + lag_s)
    ]
    shares, chosen = [share for share, _ in kept], [failing for _, failing in kept]
    during = [share for share, failing in kept if failing]
    otherwise = [share for share, failing in kept if not failing]
    testable = during and otherwise and smallest_p(len(during), len(otherwise)) < SIGNIFICANT
    return Comparison(
        during=median(during) if during else None,
        otherwise=median(otherwise) if otherwise else None,
        spans=len(kept),
        during_spans=len(during),
        p=p_higher(shares, chosen) if testable else None,
        lag_s=lag_s,
    )


def _holds(times_s: Sequence[float], from_s: float, to_s: float) -> bool:
    """Whether one of the sorted times lies in the span."""
    place = bisect_left(times_s, from_s)
    return place < len(times_s) and times_s[place] < to_s
