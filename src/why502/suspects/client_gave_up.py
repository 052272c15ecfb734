"""The client gave up

What happens
------------
The client closed its connection before the answer was there. The gateway logs a status of its own making that nobody
received.

How it looks from the proxy
---------------------------
nginx 499, ALB 460; the target often finishes the work for nobody.

What gives it away
------------------
The status itself, and durations that cluster at the client's own timeout. In a capture behind the proxy alone: requests
were given up after unequal times, or sooner than others were answered, which no timer of the proxy does.

What clears it
--------------
Any status that was delivered. In a capture alone: all given up at one round number of seconds, none earlier.

What to do
----------
Compare the durations with the client's timeout; if the target is slow, that is the cause to look for.

Sources
-------
nginx `NGX_HTTP_CLIENT_CLOSED_REQUEST`; AWS "Troubleshoot your Application Load Balancers" (460); nginx
`ngx_event_expire_timers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.scene import Basis
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.leaving import after, clients_left, hung_up
from why502.suspects.queued import queued
from why502.suspects.weighing import lost_on_the_way

if TYPE_CHECKING:
    from why502.facts.scene import Scene


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.basis is Basis.CONVERSATIONS and cluster.outcome is Outcome.NOT_ANSWERED:
        # A proxy hangs up in the same way when its timer fires and when its client has left.
        text = f"no log tells why the proxy hung up on {count(cluster.count, 'request')}: its client may have left"
        first = cluster.conversations[0].decided_at
        # A client that leaves does not keep the target's kernel from acknowledging: what silences that is no client.
        evidence = (
            Evidence(4.0, text, Source.CAPTURE, first),
            *hung_up(scene, 1.0),
            # Clients leave what is slow by itself, and what waits in a line, as a timer ends it.
            *queued(scene, places=-1.5, in_line=-0.5, overtaken=1.5, spared=-1.5, not_spared=0.0),
            *lost_on_the_way(scene, 5.5),
        )
        text = f"The proxy gave up {count(cluster.count, 'request')} before the answer, as it does when clients leave."
        return Weighed(evidence, text, (Source.ACCESS_LOG,))
    if cluster.side is not Side.CLIENT and cluster.manner is not Manner.GONE:
        return DoesNotApply("the client waited for the answer")
    return Weighed(
        (clients_left(cluster),), f"{count(cluster.count, 'client')} left before the answer{after(cluster)}."
    )


SUSPECT = Suspect(
    name="client-gave-up",
    kind=Kind.FAULT,
    title="the client left before the answer",
    prior=0.08,
    judge=judge,
    expects={
        "host": {"listener-well": 0.9},
        "capture": {"acknowledged-silence": 0.8},
        "error-log": {"silent": 0.9},
        "access-log": {"client-left": 0.98},
    },
    remedies=(Remedy("Compare the durations with the client's own timeout; look for what makes the target slow."),),
)
