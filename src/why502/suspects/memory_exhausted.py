"""Memory exhausted

What happens
------------
The target's machine has no memory left: it swaps, reclaims pages all the time, or kills processes.

How it looks from the proxy
---------------------------
Slow answers at first, then crashes: connections that end in the middle of a request, refused connects.

What gives it away
------------------
Memory in use above 95 % in the spans in which requests fail, pages read back from swap in just those, or kills by the
kernel in the target's control group, or just as its process ended.

What clears it
--------------
Memory in use that is moderate while requests failed, and no kill.

What to do
----------
Find what grows; raise the limit; give the service less concurrency.

Sources
-------
proc_meminfo(5) MemAvailable; /proc/vmstat oom_kill, pswpin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.coincidence import SIGNIFICANT, compare, failure_times
from why502.facts.usage import memory, swapping, usages_of
from why502.model.evidence import Evidence, Place, Source
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import Judgement, Kind, Suspect, Weighed
from why502.suspects.weighing import judge_usage

if TYPE_CHECKING:
    from why502.facts.scene import Scene

FULL = 0.95
"""Above this share the kernel reclaims pages on every allocation; page cache counts as available."""
MODERATE = 0.85
"""Below this, there is room."""
THRASHING_PAGES_PER_S = 100.0
"""Each page read back keeps a thread waiting for the disk; so many a second (10 ms a seek) keep one waiting."""


def judge(scene: Scene) -> Judgement:
    kills = _kills(scene)
    if kills:
        text = f"{count(kills, 'kill')} for memory among the target's processes, while it was watched"
        at = Place(scene.path_of(Source.HOST))
        return Weighed((Evidence(7.0, text, Source.HOST, at),), text)
    return _swapped(scene) or judge_usage("memory in use", scene, memory(scene.case), full=FULL, moderate=MODERATE)


def _swapped(scene: Scene) -> Weighed | None:
    """Pages that came back from swap while requests failed, and far fewer otherwise."""
    failures = failure_times(scene)
    for usage in usages_of(scene.case, scene.cluster.target, swapping(scene.case)):
        found = compare(usage, failures)
        if (found.during or 0.0) >= THRASHING_PAGES_PER_S and found.p is not None and found.p < SIGNIFICANT:
            text = f"pages read from swap: {found.told('{:.0f}/s'.format)}"
            return Weighed((Evidence(6.0, text, usage.source, usage.at),), text)
    return None


def _kills(scene: Scene) -> int:
    """Of the target: a neighbour that reached the limit of its own control group tells nothing of the machine."""
    return max((window.kills.of_target for window in scene.listeners if window.kills), default=0)


SUSPECT = Suspect(
    name="memory-exhausted",
    kind=Kind.CONDITION,
    title="the target's machine was out of memory",
    prior=0.05,
    judge=judge,
    explains=("target-crashed", "target-too-slow", "accept-queue-overflow"),
    remedies=(Remedy("Find what grows, or give the target more memory."),),
)
