"""Target crashed

What happens
------------
The target's process dies with requests in flight: a bug, a signal, the kernel's out-of-memory killer. Its kernel closes
every connection at once, by FIN, or by RST where data was unread; new connects are refused until it is back.

How it looks from the proxy
---------------------------
Several requests to one target end at the same instant, whenever they began (ALB: `0.001 4.205 -1 502 -`), followed by
refused connects.

What gives it away
------------------
Deaths at one instant of requests that began at different times; refusals right after; a listener that was opened anew;
the kernel's word that the process ended. Requests that were cut off after just the time after which, by its
configuration, the server kills a worker (gunicorn `timeout`, `harakiri`, `request_terminate_timeout`).

What clears it
--------------
One process that kept its listener open through all the failures; failures one by one; a listener, or idle connections,
that were closed before the requests in flight were.

What to do
----------
Read why it died: the exit code, the last lines of its log, the kernel's log.

Sources
-------
Linux `exit_files`, `tcp_close` (net/ipv4/tcp.c); AWS "Troubleshoot your Application Load Balancers" (HTTP 502).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.deaths import deaths
from why502.facts.metered import RESTARTS
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.suspects.afterwards import after_a_cut
from why502.suspects.ended import cut_as_sent, process_ended, signalled
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.limited import killed_by_setting, killed_when_due
from why502.suspects.metered import grew
from why502.suspects.server_says import killed_for_time, worker_gone, workers_left
from why502.suspects.stopped import listener_gone, told_to_stop
from why502.suspects.weighing import (
    changes_near,
    cut_in_flight,
    ended_together,
    fate_of_others,
    stayed_open,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene


CAUGHT = frozenset({Outcome.RESET_UNACKNOWLEDGED, Outcome.RACED})
"""What becomes of a handshake, or of an idle connection, that a death catches just as it is used."""

TIMED_OUT = (
    Remedy("Find what that request waits for, or move the work out of it."),
    Remedy(
        "Raise the server's timeout (gunicorn --timeout, request_terminate_timeout, harakiri) if it must take so long."
    ),
)


def judge(scene: Scene) -> Judgement:
    return after_a_cut(scene, _judge) or _judge(scene)


def _judge(scene: Scene) -> Judgement:
    why_not = cut_in_flight(scene)
    closing = [*listener_gone(scene, 5.0)] if scene.cluster.outcome in CAUGHT else []
    if why_not and not closing:
        return DoesNotApply(why_not)
    gone = [*process_ended(scene), *worker_gone(scene), *workers_left(scene), *killed_when_due(scene)]
    # Kubernetes counts containers that ended by themselves, were killed for memory or failed their probes; a roll-out
    # makes new pods, whose count begins at 0.
    gone = gone or [*grew(scene, {RESTARTS}, "restarts of its container", 5.0)]
    evidence = [
        *closing,
        *ended_together(scene),
        *cut_as_sent(scene),
        *fate_of_others(scene),
        *told_to_stop(scene, -4.0),
        *signalled(scene, -1.0),
        # A master process keeps the listener open whatever becomes of its workers.
        *(e for e in stayed_open(scene) if not gone or e.bits > 0),
        *gone,
        *_planned(scene),
    ]
    missing = tuple(s for s in (Source.HOST, Source.EVENTS) if not scene.looked(s))
    if not evidence:
        return CannotTell(missing or (Source.HOST,), "nothing given tells whether the process stayed alive")
    target = scene.cluster.target or "the target"
    summary = f"The process behind {target} died with requests in flight"
    unsure = "" if scene.looked(Source.CHANGES) or scene.looked(Source.EVENTS) else " (or was stopped without draining)"
    if not closing and any(e.bits > 0 for e in gone) and not deaths(scene).refused_after:
        summary = f"A process behind {target} died with requests in flight; others kept its listener open"
    if killed_for_time(scene) or killed_by_setting(scene):
        summary = f"A worker of {target} was killed by its own server, for its request took too long"
        return Weighed(tuple(evidence), f"{summary}.", missing, remedies=TIMED_OUT)
    return Weighed(tuple(evidence), f"{summary}{unsure}.", missing)


def _planned(scene: Scene) -> Iterator[Evidence]:
    """A change at that time makes it a restart rather than a crash."""
    change = changes_near(scene)
    if change is not None and deaths(scene).together:
        yield Evidence(-3.0, f"somebody changed something then: {change.text}", Source.CHANGES, change.at)


SUSPECT = Suspect(
    name="target-crashed",
    kind=Kind.FAULT,
    title="the target's process died with requests in flight",
    prior=0.075,  # a restart that somebody planned is usually on a list; without one a crash is the likelier
    judge=judge,
    brings=("connection-refused",),
    expects={
        "host": {"restarted": 0.85, "no-listener": 0.12},
        "capture": {"fresh-cut": 0.6, "reused-cut": 0.1, "refused": 0.25},
        "error-log": {"reset": 0.4, "closed": 0.4, "refused": 0.15},
        "access-log": {"cut": 0.9},
        "changes": {"unrelated": 0.9},
    },
    remedies=(Remedy("Read why it died: the exit code, the last lines of its log, the kernel's log (dmesg)."),),
)
