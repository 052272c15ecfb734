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

from why502.facts.usage import processor
from why502.model.verdict import Remedy
from why502.suspects.interface import Judgement, Kind, Suspect
from why502.suspects.weighing import judge_usage

if TYPE_CHECKING:
    from why502.facts.scene import Scene

FULL = 0.9
"""Above this share of all processors, run queues grow without bound on any workload."""
MODERATE = 0.7
"""Below this, waiting for a processor is short against any proxy timeout."""


def judge(scene: Scene) -> Judgement:
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
