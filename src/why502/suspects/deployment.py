"""Deployment

What happens
------------
A deployment or another change took the service away, or brought a fault with it.

How it looks from the proxy
---------------------------
Failures that begin with the change, and either end soon (the roll-out itself) or stay (what it brought).

What gives it away
------------------
Far more bursts of failures right after changes than their share of the time would give by chance.

What clears it
--------------
Failures that keep no time with the changes.

What to do
----------
Roll back and see; read what the change touched (dependencies included).

Sources
-------
The binomial test: each burst falls into the time after a change with the probability of that time's share. Bursts are
counted, not failures, for failures come together: a page that loads fails in all its parts, and that is one event.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p
from typing import TYPE_CHECKING

from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Scene

AFTER_S = 600.0
"""A roll-out and its health checks take minutes; ten cover the usual ones."""
SIGNIFICANT = 0.01
MOST = 0.5
BURST_S = 1.0
"""Failures less than this apart are one event: a page loads within a second."""


def judge(scene: Scene) -> Judgement:
    changes = scene.case.changes
    failures_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    spans = [i.window for i in scene.case.inputs if i.window is not None and i.source is not Source.CHANGES]
    if not changes:
        return CannotTell((Source.CHANGES,), "no list of changes was given")
    if not failures_s or not spans:
        return DoesNotApply("no failure of known time can be set against the changes")
    from_s, to_s = min(w.from_s for w in spans), max(w.to_s for w in spans)
    nearest = min(changes, key=lambda c: min(abs(at_s - c.at_s) for at_s in failures_s))
    bursts_s = _bursts(failures_s)
    inside = sum(any(0 <= at_s - c.at_s <= AFTER_S for c in changes) for at_s in bursts_s)
    share = _share_after([c.at_s for c in changes], from_s, to_s)
    p = p_value(inside, len(bursts_s), share)
    text = (
        f"{inside} of {count(len(bursts_s), 'burst')} of failures ({len(failures_s)} in all) came up to "
        f"{AFTER_S / 60:.0f} min after a change (of {len(changes)}), which is {share:.0%} of the time "
        f"(binomial p = {p:.2g})"
    )
    held = p < SIGNIFICANT and inside > MOST * len(bursts_s)
    return Weighed((Evidence(5.0 if held else -4.0, text, Source.CHANGES, nearest.at),), text)


def _bursts(times_s: Sequence[float]) -> list[float]:
    """When each burst began."""
    begins_s: list[float] = []
    before_s = float("-inf")
    for at_s in sorted(times_s):
        if at_s - before_s >= BURST_S:
            begins_s.append(at_s)
        before_s = at_s
    return begins_s


def _share_after(changes_s: Sequence[float], from_s: float, to_s: float) -> float:
    """Share of the time that lies within `AFTER_S` after any change."""
    covered_s, until_s = 0.0, from_s
    for at_s in sorted(changes_s):
        begin_s, end_s = max(at_s, until_s), min(at_s + AFTER_S, to_s)
        covered_s += max(0.0, end_s - begin_s)
        until_s = max(until_s, end_s)
    return min(1.0, covered_s / (to_s - from_s)) if to_s > from_s else 1.0


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


SUSPECT = Suspect(
    name="deployment",
    kind=Kind.CONDITION,
    title="a deployment or another change went along with the failures",
    prior=0.1,
    judge=judge,
    explains=(
        "target-restarted",
        "connection-refused",
        "target-crashed",
        "accept-queue-overflow",
        "target-answered-5xx",
    ),
    remedies=(Remedy("Roll the change back and see; read what it touched, dependencies included."),),
)
