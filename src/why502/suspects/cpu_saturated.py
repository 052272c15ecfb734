"""Processor saturated

What happens
------------
The target's processors are busy all the time; everything that runs there is late, its acceptor included.

How it looks from the proxy
---------------------------
Slow answers and read timeouts, sometimes an accept queue that fills because nobody comes to empty it.

What gives it away
------------------
Processor use above 90 % in the very spans in which requests fail, and clearly less in the others; a control group
that was throttled just then, by its own files or by cAdvisor's counters. In a capture: all answers come at one place of
each 100 ms, the period in which the kernel hands out a group's quota.

What clears it
--------------
Processor use while requests failed that is moderate, or no higher than otherwise.

What to do
----------
Find what burns the time; add capacity; look for throttling by a cgroup quota.

Sources
-------
`start_cfs_bandwidth` (kernel/sched/fair.c), Documentation/scheduler/sched-bwc.rst; proc_stat(5);
AWS/EC2 CPUUtilization.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.usage import processor
from why502.model.verdict import Remedy
from why502.suspects.interface import Judgement, Kind, Suspect, Weighed
from why502.suspects.throttled import throttled
from why502.suspects.weighing import judge_usage

if TYPE_CHECKING:
    from why502.facts.scene import Scene

FULL = 0.9
"""Above this share of all processors, run queues grow without bound on any workload."""
MODERATE = 0.7
"""Below this, waiting for a processor is short against any proxy timeout."""
MORE = Remedy(
    "Raise the processor quota of the target's control group (systemd CPUQuota=, Docker --cpus, Kubernetes "
    "resources.limits.cpu), or find what uses it up."
)


def judge(scene: Scene) -> Judgement:
    if found := throttled(scene, 7.0):
        # What the machine as a whole uses says nothing of a group that may not use it.
        return Weighed(found, found[0].text, remedies=(MORE,))
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
