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
Failures that keep no time with the changes, or that were under way in the minute before them.

What to do
----------
Roll back and see; read what the change touched (dependencies included).

Sources
-------
The binomial test: each burst falls into the time after a change with the probability of that time's share. Bursts are
counted, not failures, for failures come together: a page that loads fails in all its parts, and that is one event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.following import bursts, following, seen_window, untold_changes
from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Scene

AFTER_S = 600.0
"""A roll-out and its health checks take minutes; ten cover the usual ones."""
SIGNIFICANT = 0.01
MOST = 0.5
JUST_S = 60.0
FEWEST = 2
UNDER_WAY = 0.5
"""Share of the rate after the changes that the minute before them already had: what comes before is not caused."""


def judge(scene: Scene) -> Judgement:
    changes = scene.case.changes
    failures_s = sorted(f.at_s for f in scene.cluster.failures if f.at_s is not None)
    seen = seen_window(scene.case)
    if not changes:
        return CannotTell((Source.CHANGES,), untold_changes(scene.case))
    if not failures_s or seen is None:
        return DoesNotApply("no failure of known time can be set against the changes")
    found = following(failures_s, [c.at_s for c in changes], AFTER_S, seen)
    text = found.told(f"up to {AFTER_S / 60:.0f} min after a change (of {len(changes)})")
    held = found.p < SIGNIFICANT and found.inside > MOST * found.bursts
    before = _just_before(failures_s, [c.at_s for c in changes])
    if held and before >= FEWEST and before * AFTER_S > UNDER_WAY * found.inside * JUST_S:
        text = f"{text}; but {before} came in the minute before: they were under way already"
        held = False
    last_before = max((c for c in changes if c.at_s <= failures_s[-1]), key=lambda c: c.at_s, default=changes[0])
    return Weighed((Evidence(5.0 if held else -4.0, text, Source.CHANGES, last_before.at),), text)


def _just_before(failures_s: Sequence[float], changes_s: Sequence[float]) -> int:
    """Bursts in the minute before the changes, not counting what may follow an earlier one."""
    return sum(
        any(0 < change_s - at_s <= JUST_S for change_s in changes_s)
        and not any(0 <= at_s - change_s <= AFTER_S for change_s in changes_s)
        for at_s in bursts(failures_s)
    )


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
