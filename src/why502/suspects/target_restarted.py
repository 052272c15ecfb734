"""Target restarted

What happens
------------
A deployment, a scale-in or an operator stops the target while requests are in flight, without draining: it was not
taken out of rotation first, or not given the time to finish.

How it looks from the proxy
---------------------------
As a crash: requests end at one instant, connects are refused until the new process listens. It comes with every
deployment.

What gives it away
------------------
A listener or idle connections that were closed first, and the requests in flight only later, when the grace period was
over: nothing that dies goes step by step. All targets of a group, one after the other, each once. Deaths at one
instant, a listener opened anew, and a change that somebody recorded at that time. A service that does not handle
SIGTERM is gone at once, as in a crash: then only the change tells. With the attributes of an ALB's target group:
requests in flight at a change that were cut when the deregistration delay had run out after it.

What clears it
--------------
One process that kept its listener open through all the failures; failures that keep no time with changes.

What to do
----------
Take the target out of rotation first and wait; let the process finish what it has on SIGTERM; start the new one before
the old one goes.

Sources
-------
AWS "Deregistration delay" and "Troubleshoot your Application Load Balancers" (HTTP 502); Kubernetes "Pod termination";
systemd.kill(5), `TimeoutStopSec=`; Go `http.Server.Shutdown`; uvicorn `Server.shutdown`; gunicorn `Arbiter.stop`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.deaths import AFTERWARDS_S
from why502.facts.draining import drained
from why502.facts.rollout import rollout
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Place, Source
from why502.model.verdict import Remedy
from why502.suspects.afterwards import after_a_change, after_a_cut
from why502.suspects.ended import cut_as_sent, process_ended, signalled
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.stopped import listener_gone, one_after_the_other, told_to_stop
from why502.suspects.weighing import (
    changes_near,
    cut_in_flight,
    ended_together,
    fate_of_others,
    one_instant_each,
    stayed_open,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene
    from why502.model.case import Change


CAUGHT = frozenset({Outcome.RESET_UNACKNOWLEDGED, Outcome.RACED})
"""What becomes of a handshake, or of an idle connection, that a death catches just as it is used."""

ROLLOUT_S = 900.0
"""Kubernetes (`progressDeadlineSeconds` 600), CodeDeploy and Auto Scaling go from target to target for minutes, with a
health check each; the list of changes may hold only when it began."""

OUT_FIRST = Remedy(
    "Keep it listening until nobody sends it anything new: in Kubernetes a preStop sleep of 5 to 15 s (endpoints are "
    "removed while SIGTERM is sent), elsewhere deregister first and wait."
)


DELAY = Remedy(
    "Make the deregistration delay longer than the longest request, or those requests shorter.",
    "aws elbv2 modify-target-group-attributes --target-group-arn ARN "
    "--attributes Key=deregistration_delay.timeout_seconds,Value=SECONDS",
)
MOST = 0.6
"""Of the requests cut, to be those that the delay cut."""


def judge(scene: Scene) -> Judgement:
    answer = after_a_cut(scene, _judge)
    if answer is None and (away := after_a_change(scene)):
        summary = f"{scene.cluster.target or 'the target'} was restarted while it was in rotation."
        return Weighed(away, summary, remedies=(OUT_FIRST,))
    return answer or _judge(scene)


def _judge(scene: Scene) -> Judgement:
    why_not = cut_in_flight(scene)
    closing = [*listener_gone(scene, 5.0)] if scene.cluster.outcome in CAUGHT else []
    if why_not and not closing:
        return DoesNotApply(why_not)
    ended = [*process_ended(scene, stopped=True)]
    evidence = [
        *closing,
        *ended_together(scene),
        *cut_as_sent(scene),
        *fate_of_others(scene),
        *told_to_stop(scene, 4.0),
        *signalled(scene, 1.0),
        *ended,
        *one_after_the_other(scene, 1),
        # Workers are replaced under one master (a reload, max_requests) or beside others (SO_REUSEPORT): of such an end
        # the listener that stays says as little as of a death.
        *(e for e in stayed_open(scene) if not ended or e.bits > 0),
    ]
    missing = tuple(s for s in (Source.HOST, Source.CHANGES) if not scene.looked(s))
    if not evidence:
        return CannotTell(missing or (Source.CHANGES,), "nothing given tells of a restart")
    target = scene.cluster.target or "the target"
    if late := _when_the_delay_ran_out(scene):
        summary = f"{target} was taken away while requests were in flight that took longer than the gateway waits."
        return Weighed((*evidence, late), summary, missing, remedies=(DELAY,))
    return Weighed((*evidence, *_change(scene)), f"{target} was restarted with requests in flight.", missing)


def _when_the_delay_ran_out(scene: Scene) -> Evidence | None:
    """Weighs as a change just before them does: nothing else waits for just that time."""
    found = drained(scene)
    if found is None or found.then < MOST * found.known:
        return None
    text = (
        f"{found.then} of {found.known} requests were in flight as a change was recorded ({found.change.text}), and "
        f"cut {found.delay.seconds:g} s after it, when {found.delay.name} had run out"
    )
    return Evidence(4.0, text, Source.CONFIGURATION, found.delay.at)


def _change(scene: Scene) -> Iterator[Evidence]:
    change = changes_near(scene)
    if change is not None and not one_instant_each(scene):
        # A bad release begins with a change as well; a restart fails what it finds in flight, not what comes later.
        text = f"a change was recorded, but requests failed one after the other: {change.text}"
        yield Evidence(0.0, text, Source.CHANGES, change.at)
    elif change is not None:
        # Deployments are rare against failures: one within seconds of them is no accident.
        text = f"a change was recorded within {AFTERWARDS_S:.0f} s: {change.text}"
        yield Evidence(4.0, text, Source.CHANGES, change.at)
    elif (begun := _begun_before(scene)) is not None:
        text = f"a change was recorded {begun[1] / 60:.0f} min before: roll-outs take minutes ({begun[0].text})"
        # One target after the other, each once, is what it does; without that, the change may be any.
        yield Evidence(3.0 if rollout(scene) else 0.0, text, Source.CHANGES, begun[0].at)
    elif any(i.source is Source.CHANGES for i in scene.case.inputs):
        recorded = len(scene.case.changes)
        text = f"none of {recorded} recorded changes lies near the failures" if recorded else "no change was recorded"
        yield Evidence(-4.0, text, Source.CHANGES, Place(scene.path_of(Source.CHANGES)))


def _begun_before(scene: Scene) -> tuple[Change, float] | None:
    """The last change within a roll-out's time before the first failure, and how long before (s)."""
    window = scene.cluster.window
    before = [c for c in scene.case.changes if window and 0 <= window.from_s - c.at_s <= ROLLOUT_S]
    if window is None or not before:
        return None
    last = max(before, key=lambda c: c.at_s)
    return last, window.from_s - last.at_s


SUSPECT = Suspect(
    name="target-restarted",
    kind=Kind.FAULT,
    title="the target was stopped without draining",
    prior=0.055,
    judge=judge,
    brings=("connection-refused",),
    expects={
        "host": {"restarted": 0.9, "no-listener": 0.05},
        "capture": {"fresh-cut": 0.5, "reused-cut": 0.2, "refused": 0.25},
        "error-log": {"reset": 0.35, "closed": 0.4, "refused": 0.2},
        "access-log": {"cut": 0.85},
        "changes": {"coincides": 0.95},
    },
    remedies=(
        Remedy("Take the target out of rotation before it stops, and wait for the deregistration delay."),
        Remedy("Let the service finish what it has on SIGTERM, within its grace period."),
    ),
)
