"""Killed for memory

What happens
------------
The kernel runs out of memory, or a cgroup reaches its limit, and kills the target's process.

How it looks from the proxy
---------------------------
A crash: requests in flight end together, connects are refused until the service is back.

What gives it away
------------------
The kernel's event, or its words in the journal, name a process or the control group of the target; Kubernetes or
Docker tell the end of a container at the target's address; the kills counted in its group grow while requests fail;
or the machine's own count grows just as the target's process ends, most of all with the memory of its group at the
limit.

What clears it
--------------
No kill on the target's machine while it was watched, or none in the target's control group: another container that
was killed there is no evidence against this one.

What to do
----------
Find what grows; raise the limit of the cgroup; give the service less concurrency.

Sources
-------
Linux `__oom_kill_process` and `dump_oom_summary` (mm/oom_kill.c), tracepoint oom:mark_victim; /proc/vmstat oom_kill
counts for the whole machine, memory.events and memory.oom_control for a control group (admin-guide/cgroup-v2.rst,
cgroup-v1/memory.rst).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.listeners import split_address
from why502.facts.metered import MACHINE_OOM_KILLS, OOM_KILLS
from why502.facts.victims import Whose, at_target, follow, killings
from why502.model.evidence import Evidence, Place, Source
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed
from why502.suspects.metered import grew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.kills import Kills
    from why502.facts.scene import ListenerWindow, Scene


def judge(scene: Scene) -> Judgement:
    evidence = (*_told(scene), *_counted(scene))
    evidence = evidence or (*_metered(scene),)
    if not evidence:
        return CannotTell((Source.HOST, Source.EVENTS), "nobody watched the kernel's count of kills")
    return Weighed(evidence, max(evidence, key=lambda one: abs(one.bits)).text)


def _metered(scene: Scene) -> Iterator[Evidence]:
    """Kills in a container, or on the machine: those may be of another container."""
    own = (*grew(scene, {OOM_KILLS}, "kills for memory in its container", 8.0),)
    yield from own or grew(scene, {MACHINE_OOM_KILLS}, "kills for memory on its machine", 5.5)


def _told(scene: Scene) -> Iterator[Evidence]:
    """The kill that says most."""
    told = killings(scene)
    found = [(_bits(whose, came=follow(scene, event)), event, whose) for event, whose in told]
    if found:
        bits, event, whose = max(found, key=lambda one: one[0])
        where = f" ({split_address(scene.cluster.target or '')[0]})" if at_target(scene, event) else ""
        alike = sum(follow(scene, one) for one, _ in told)
        if whose is Whose.UNKNOWN and 2 * alike < len(told):
            bits = min(bits, 1.0)  # they come all the time, with and without failures
        victim = f"{event.process or 'a process'}" + (f" (pid {event.pid})" if event.pid is not None else "")
        when = "as the requests failed" if follow(scene, event) else "while none of these requests failed"
        yield Evidence(bits, f"the kernel killed {victim} for memory, {whose}{where}, {when}", Source.EVENTS, event.at)


def _bits(whose: Whose, *, came: bool) -> float:
    if whose is Whose.TARGETS:
        return 9.0 if came else 1.0
    if whose is Whose.ELSEWHERE:
        # The address may be a service's, with the pod behind it: it neither holds nor clears.
        return 0.0
    if whose is Whose.OTHERS:
        return -1.0  # kills were told of, and the target's is not among them; not every source tells of all
    # A machine with a kill an hour has one within these 12 s by chance in one case of 300; some have more.
    return 6.0 if came else 0.0


def _counted(scene: Scene) -> Iterator[Evidence]:
    windows = [(window, window.kills) for window in scene.listeners if window.kills]
    found = [one for window, kills in windows if (one := _of_target(window, kills))]
    if found:
        yield max(found, key=lambda one: one.bits)
    elif not windows:
        yield from _somewhere(scene)


def _of_target(window: ListenerWindow, kills: Kills) -> Evidence | None:
    group = window.process.cgroup.path if window.process and window.process.cgroup else "its container"
    everywhere = f"{count(kills.machine or 0, 'kill')} for memory on its machine"
    if kills.own:
        bits, text = 9.0, f"{count(kills.own, 'kill')} for memory in the target's group ({group})"
    elif kills.machine == 0:
        bits, text = -7.0, "no kill for memory on the target's machine"
    elif kills.own == 0:
        bits, text = -6.0, f"{everywhere}, none of them in the target's group ({group})"
    elif kills.at_limit:
        # A process that ends by itself does not do so just as its group's memory runs out and the kernel kills.
        bits = 7.0
        ends = count(kills.at_limit, "time")
        text = f"{everywhere}, and {ends} the target's process ended with its group ({group}) at its limit of memory"
    elif kills.as_it_ended:
        # Looks are a second apart: that a neighbour dies in the very second in which the target ends is rare, unless
        # neighbours die all the time.
        bits, text = (
            1.0 if kills.by_chance else 7.0,
            f"{everywhere}, {kills.as_it_ended} just as the target's process ended",
        )
    elif kills.machine is None:
        return None
    elif kills.as_it_ended is None:
        bits, text = -5.0, f"{everywhere}, but the processes that hold {window.listener.address} lived on"
    else:
        bits, text = -3.0, f"{everywhere}, but not as the target's process ended"
    return Evidence(bits, f"{text}, while it was watched", Source.HOST, window.at)


def _somewhere(scene: Scene) -> Iterator[Evidence]:
    """A host on which nothing was seen to be the target: it may live there, or elsewhere."""
    counted = [
        after.resources.oom_kills - before.resources.oom_kills
        for record in scene.case.hosts
        for before, after in ((record.snapshots[0], record.snapshots[-1]),)
        if before.resources.oom_kills is not None and after.resources.oom_kills is not None and before is not after
    ]
    if counted:
        kills = sum(counted)
        text = f"{count(kills, 'kill')} for memory while the host was watched"
        told = text + "; whether the target was among them is not told" if kills else text
        yield Evidence(1.0 if kills else -3.0, told, Source.HOST, Place(scene.path_of(Source.HOST)))


SUSPECT = Suspect(
    name="oom-killed",
    kind=Kind.CONDITION,
    title="the kernel killed the target for memory",
    prior=0.03,
    judge=judge,
    explains=("target-crashed", "connection-refused"),
    remedies=(Remedy("Find what grows, or raise the memory limit of the service."),),
)
