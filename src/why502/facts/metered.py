"""What metrics counted in the very spans in which requests failed, against all other spans.

A counter of a machine or a container grows for many reasons; that it grows when requests fail, and hardly otherwise, is
told by the rank test. Of several machines those with the target's address count, or all, the test being as much
stricter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from why502.facts.coincidence import SIGNIFICANT, Comparison, compare, failure_times
from why502.facts.usage import Usage, is_of, usages_of
from why502.model.evidence import Place, Source
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Collection

    from why502.facts.scene import Scene
    from why502.model.case import Case

OVERFLOWS, THROTTLED = "listen-overflows", "cpu-throttled-ratio"
OOM_KILLS, MACHINE_OOM_KILLS = "container-oom-kills", "machine-oom-kills"
RESTARTS = "container-restarts"
DESCRIPTORS, TRACKED, UNTRACKED = "descriptors-used-ratio", "conntrack-used-ratio", "conntrack-drops"
"""Our own names of what exporters tell (`sources/prometheus/names.py`)."""


class Metered(Struct, frozen=True):
    """One series, in spans with failures and in the others."""

    at: Place
    own: bool
    """Its label names the target's address."""
    among: int
    """How many series were looked at: the more, the likelier one goes along by chance."""
    during: float
    """Sum over the spans with failures..."""
    otherwise: float
    """...and over the others."""
    peak: float | None
    """The most in a span with failures; None: there is no such span."""
    highest: float
    """The most in any span."""
    compared: Comparison

    @property
    def holds(self) -> bool:
        """Higher while requests failed, by more than chance."""
        p = self.compared.p
        return self.during > 0 and p is not None and p * self.among < SIGNIFICANT

    @property
    def spans(self) -> str:
        """'in the 3 spans with failures, by 0 in the 57 others (p < 0.001, rank test)'"""
        found = self.compared
        others = found.spans - found.during_spans
        p = "" if found.p is None else f" ({'p < 0.001' if found.p < 0.001 else f'p = {found.p:.2g}'}, rank test)"
        lag = f", {found.lag_s:.0f} s ahead," if found.lag_s else ""
        apart = f"by {self.otherwise:.0f} in the {others} others" if others else "and there are no others"
        return f"by {self.during:.0f} in the {count(found.during_spans, 'span')} with failures{lag}, {apart}{p}"


def metered(scene: Scene, names: Collection[str]) -> list[Metered]:
    """Every series of these names that can be the target's, in the order given."""
    target, case = scene.cluster.target, scene.case
    usages = usages_of(case, target, [*_usages(case, names)])
    failures = failure_times(scene)
    return [
        _metered(usage, compare(usage, failures), failures.times_s, own=is_of(case, target, usage), among=len(usages))
        for usage in usages
    ]


def _metered(usage: Usage, found: Comparison, times_s: tuple[float, ...], *, own: bool, among: int) -> Metered:
    failing = [
        value
        for from_s, to_s, value in usage.spans
        if any(from_s + found.lag_s <= at_s < to_s + found.lag_s for at_s in times_s)
    ]
    return Metered(
        at=usage.at,
        own=own,
        among=among,
        during=sum(failing),
        otherwise=sum(value for _, _, value in usage.spans) - sum(failing),
        peak=max(failing, default=None),
        highest=max(value for _, _, value in usage.spans),
        compared=found,
    )


def _usages(case: Case, names: Collection[str]) -> list[Usage]:
    found = []
    for series in case.metrics:
        if series.name in names and series.points:
            steps_s = (after[0] - before[0] for before, after in pairwise(series.points))
            period_s = series.period_s or min(steps_s, default=60.0)
            spans = tuple((at_s, at_s + period_s, value) for at_s, value in series.points)
            found.append(Usage(Source.METRICS, series.at, spans))
    return found
