"""Connects that were refused because the process behind the listener had just gone: judged by what it cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from why502.facts.aftermath import CLOCK_S, cut_before, was_there
from why502.facts.deaths import AFTERWARDS_S
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase, Side
from why502.model.words import count
from why502.suspects.interface import DoesNotApply, Judgement, Weighed
from why502.suspects.weighing import ONE_INSTANT, changes_near, failed_at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from why502.facts.scene import Scene

BACK_S = 60.0
"""What is restarted listens again within a minute, or is not merely restarted."""
TOGETHER = 1.0
"""That both come at one time is what losing a process looks like; a listener alone is rarely lost."""
CAME_BACK = 2.0
"""What restarts is there before and after; most wrong addresses are there at neither time."""


def refusals(scene: Scene) -> Iterator[Evidence]:
    """That connects were refused, by the wire and by whoever logged it: the same for every cause of it."""
    cluster = scene.cluster
    if cluster.outcome is Outcome.REFUSED:
        text = f"answered with RST: {count(len(cluster.conversations), 'SYN')}"
        yield Evidence(9.0, text, Source.CAPTURE, cluster.conversations[0].decided_at)
    if cluster.logged and cluster.manner is Manner.REFUSED:
        told = [place.request for place in cluster.logged if place.request.manner is Manner.REFUSED]
        first = (told or [cluster.logged[0].request])[0]
        if not told and cluster.outcome is not None:
            return  # the wire says it, and the proxy only that its connect failed
        if first.reason:
            yield Evidence(9.0, f"the proxy says so: {first.reason}", Source.ERROR_LOG, first.told_at)
        elif cluster.outcome is None:
            yield Evidence(8.0, f"refused: {count(cluster.count, 'connect')}", Source.ACCESS_LOG, first.at)


def told_by(scene: Scene, bits: float, text: str) -> Evidence:
    """Evidence at the first refused connect, by whoever tells of it."""
    logged, conversations = scene.cluster.logged, scene.cluster.conversations
    if logged:
        source = Source.ERROR_LOG if logged[0].request.reason else Source.ACCESS_LOG
        return Evidence(bits, text, source, logged[0].request.told_at)
    return Evidence(bits, text, Source.CAPTURE, conversations[0].decided_at)


def after_a_cut(scene: Scene, judge: Callable[[Scene], Judgement]) -> Judgement | None:
    """As `judge` weighs the requests in flight that were ended just before; None if there were none.

    One event did both, so that what tells a crash from a restart there tells it here.
    """
    cluster, found = scene.cluster, cut_before(scene)
    seen = cluster.logged or cluster.conversations
    if found is None or not seen or cluster.phase not in (Phase.CONNECT, Phase.UNKNOWN) or cluster.side is Side.TARGET:
        return None
    others = (cluster, *(other for other in scene.others if other is not found.cluster))
    answer = judge(structs.replace(scene, cluster=found.cluster, others=others))
    if isinstance(answer, DoesNotApply):
        return None
    text = (
        f"{count(found.requests, 'request')} in flight had been ended {found.when} the first refused connect: the "
        "listener went with the process"
    )
    said = (*refusals(scene), *failed_at_once(cluster))
    if not said:
        return None
    evidence = (*said, told_by(scene, TOGETHER, text))
    if isinstance(answer, Weighed):
        return structs.replace(answer, evidence=(*evidence, *answer.evidence))
    return Weighed(evidence, f"The process behind {cluster.target or 'the target'} went away.", answer.missing)


def after_a_change(scene: Scene) -> tuple[Evidence, ...]:
    """Connects refused right after somebody changed something, by a target that served before and does so again."""
    cluster, change = scene.cluster, changes_near(scene)
    if cluster.manner is not Manner.REFUSED or cluster.phase is not Phase.CONNECT or change is None:
        return ()
    if not _follow_changes(scene) or not all(was_there(scene)):
        return ()
    text = "it had served before the first refused connect, and did so again after the last one"
    return (
        *refusals(scene),
        told_by(scene, CAME_BACK, text),
        # Deployments are rare against failures: one within seconds of them is no accident.
        Evidence(4.0, f"a change was recorded within {AFTERWARDS_S:.0f} s: {change.text}", Source.CHANGES, change.at),
    )


def _follow_changes(scene: Scene) -> bool:
    """Whether the changes brought the refused connects: none came before the first one, hardly any much later."""
    failures_s = sorted(f.at_s for f in scene.cluster.failures if f.at_s is not None)
    changes_s = sorted(c.at_s for c in scene.case.changes)
    if not failures_s or not any(-CLOCK_S <= failures_s[0] - at_s <= AFTERWARDS_S for at_s in changes_s):
        return False
    soon = sum(any(-CLOCK_S <= at_s - change_s <= BACK_S for change_s in changes_s) for at_s in failures_s)
    return soon >= ONE_INSTANT * len(failures_s)
