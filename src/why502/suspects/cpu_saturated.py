"""Processor saturated

What happens
------------
The target's processors are busy all the time; everything that runs there is late, its acceptor included.

How it looks from the proxy
---------------------------
Slow answers and read timeouts, sometimes an accept queue that fills because nobody comes to empty it.

What gives it away
------------------
Processor use above 90 % in the very spans in which requests fail, and clearly less in the others.

What clears it
--------------
Processor use while requests failed that is moderate, or no higher than otherwise.

What to do
----------
Find what burns the time; add capacity; look for throttling by a cgroup quota.

Sources
-------
proc_stat(5); AWS/EC2 CPUUtilization.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.metered import THROTTLED as METERED
from why502.facts.metered import metered
from why502.facts.throttling import throttling
from why502.facts.usage import processor
from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.suspects.interface import Judgement, Kind, Suspect, Weighed
from why502.suspects.metered import bits_of
from why502.suspects.weighing import judge_usage

if TYPE_CHECKING:
    from why502.facts.scene import Scene

FULL = 0.9
"""Above this share of all processors, run queues grow without bound on any workload."""
MODERATE = 0.7
"""Below this, waiting for a processor is short against any proxy timeout."""


THROTTLED = 0.25
"""A group that stands still in every fourth period answers late, however idle the machine around it is."""


def judge(scene: Scene) -> Judgement:
    found = throttling(scene)
    if found is not None and found.share >= THROTTLED:
        quota = f" of {found.quota_cores:g} cores" if found.quota_cores else ""
        text = (
            f"the target's control group {found.path} was throttled in {found.throttled} of {found.periods} periods "
            f"while requests failed: it stood still for {found.stood_s:.1f} s, its quota{quota} used up"
        )
        # What the machine as a whole uses says nothing of a group that may not use it.
        return Weighed((Evidence(7.0, text, Source.HOST, found.at),), text)
    for metered_ in metered(scene, {METERED}):
        if metered_.holds and (metered_.compared.during or 0.0) >= THROTTLED:
            text = f"share of periods in which its quota was used up ({metered_.at.name}): {metered_.compared}"
            return Weighed((Evidence(bits_of(metered_, 7.0), text, Source.METRICS, metered_.at),), text)
    return judge_usage("processor use", scene, processor(scene.case), full=FULL, moderate=MODERATE)


SUSPECT = Suspect(
    name="cpu-saturated",
    kind=Kind.CONDITION,
    title="the target's processors were busy all the time",
    prior=0.05,
    judge=judge,
    explains=("target-too-slow", "accept-queue-overflow", "worker-pool-exhausted"),
    remedies=(Remedy("Find what burns processor time while requests fail, or add capacity."),),
)
