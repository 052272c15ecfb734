"""Killed for memory

What happens
------------
The kernel runs out of memory, or a cgroup reaches its limit, and kills the target's process.

How it looks from the proxy
---------------------------
A crash: requests in flight end together, connects are refused until the service is back.

What gives it away
------------------
The kernel's own count of kills grows while requests fail, or its event names the process.

What clears it
--------------
A count that did not grow while the host was watched.

What to do
----------
Find what grows; raise the limit of the cgroup; give the service less concurrency.

Sources
-------
Linux `oom_kill_process` (mm/oom_kill.c), tracepoint oom:mark_victim, /proc/vmstat oom_kill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.evidence import Evidence, Place, Source
from why502.model.verdict import Remedy
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from why502.facts.scene import Scene


def judge(scene: Scene) -> Judgement:
    for event in scene.case.events:
        if event.kind == "oom":
            text = f"the kernel killed {event.process or 'a process'} (pid {event.pid}) for memory"
            return Weighed((Evidence(9.0, text, Source.EVENTS, event.at),), text)
    counted = [
        after.resources.oom_kills - before.resources.oom_kills
        for record in scene.case.hosts
        for before, after in ((record.snapshots[0], record.snapshots[-1]),)
        if before.resources.oom_kills is not None and after.resources.oom_kills is not None and before is not after
    ]
    if not counted:
        return CannotTell((Source.HOST, Source.EVENTS), "nobody watched the kernel's count of kills")
    kills = sum(counted)
    text = f"the kernel killed {kills} processes for memory while the host was watched"
    return Weighed((Evidence(7.0 if kills else -7.0, text, Source.HOST, Place(scene.path_of(Source.HOST))),), text)


SUSPECT = Suspect(
    name="oom-killed",
    kind=Kind.CONDITION,
    title="the kernel killed the target for memory",
    prior=0.03,
    judge=judge,
    explains=("target-crashed", "connection-refused"),
    remedies=(Remedy("Find what grows, or raise the memory limit of the service."),),
)
