"""Target too slow

What happens
------------
The target took the request and did not answer before the proxy's timer fired.

How it looks from the proxy
---------------------------
A read timeout: 504 in nginx and ALB, with a time that equals the configured timeout (ALB idle timeout 60 s, nginx
`proxy_read_timeout` 60 s). Slow answers that were still in time come before and after.

What gives it away
------------------
In a capture: the target's kernel acknowledged the request, and nothing came. In a log: durations at the timeout, and
served requests that come near it. Other requests come later and are answered before. On the host: its process is held
(SIGSTOP, a debugger, the freezer), or its control group used up its processor quota. The log of its garbage collection
tells of pauses just then. A process that stands
still as a whole lets its accept queue fill as well, and drops what is new: then that is no cause of its own.

What clears it
--------------
A request that the target's kernel never acknowledged: it did not reach the application at all.

What to do
----------
Find what the slow requests wait for; raise the timeout only if the work really takes that long.

Sources
-------
nginx `ngx_http_upstream_next`; AWS documentation of ALB 504.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from why502.facts.metered_failures import told_at_once
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.configured import timer_named
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.leaving import hung_up
from why502.suspects.paused import paused
from why502.suspects.proxy_settings import read_longer
from why502.suspects.queued import queued
from why502.suspects.standing_still import HELD, held, not_let_in, queue_filled, remedies, woke_at_once
from why502.suspects.throttled import throttled
from why502.suspects.way_gone import EXPLAINED, way_gone
from why502.suspects.weighing import given_up, lost_on_the_way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene

NOT_SLOW = {
    Outcome.SYN_UNANSWERED: "the connection was never made",
    Outcome.REFUSED: "the connection was refused",
    Outcome.RESET_UNACKNOWLEDGED: "the request never reached the application",
    Outcome.ANSWERED: "the target answered",
}

FIND = Remedy("Find what the slow requests wait for (a thread dump or a trace of the slowest paths).")


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.side in (Side.TARGET, Side.CLIENT):
        return DoesNotApply("no timer of the proxy made this status")
    if (still := not_let_in(scene)) is not None:
        return still
    if cluster.outcome in NOT_SLOW:
        return DoesNotApply(NOT_SLOW[cluster.outcome])
    if cluster.phase not in (Phase.WAIT, Phase.UNKNOWN):
        return DoesNotApply(f"the exchange ended in another phase ({cluster.phase})")
    if cluster.manner not in (Manner.TIMEOUT, Manner.UNKNOWN):
        return DoesNotApply(f"the exchange did not end by a timeout ({cluster.manner})")
    if told_at_once(scene.case.metrics, cluster):
        return DoesNotApply("an ALB whose timer fires answers 504, and these were 502")
    evidence = [
        *_capture(scene),
        *held(scene, HELD),
        *paused(scene, 5.0),
        *woke_at_once(scene, 1.5),
        *queue_filled(scene),
        *given_up(scene),
        *throttled(scene, 3.0),
        *hung_up(scene, -1.0),
        *way_gone(scene, EXPLAINED),
        *queued(scene, places=-1.5, in_line=-0.5, overtaken=1.5, spared=-1.5, not_spared=0.0),
    ]
    missing = tuple(s for s in (Source.CAPTURE, Source.HOST) if not scene.looked(s))
    if not evidence:
        return CannotTell(missing or (Source.ACCESS_LOG,), "nothing given tells whether the target took the requests")
    text = f"{cluster.target or 'The target'} took {count(cluster.count, 'request')} and did not answer in time."
    return Weighed(
        (*evidence, *timer_named(scene)), text, missing, remedies=(*remedies(scene), FIND, read_longer(scene.cluster))
    )


def _capture(scene: Scene) -> Iterator[Evidence]:
    cluster = scene.cluster
    if cluster.outcome is Outcome.NOT_ANSWERED:
        waited_s = median(c.last_s - (c.request_s or c.first_s) for c in cluster.conversations)
        taken = count(len(cluster.conversations), "request")
        text = f"the target acknowledged {taken} and sent nothing for {waited_s:.1f} s"
        # Requests that wait for a free worker look the same: see worker-pool-exhausted.
        yield Evidence(4.0, text, Source.CAPTURE, cluster.conversations[0].decided_at)
        yield from lost_on_the_way(scene, 5.5)
    elif cluster.outcome is Outcome.NEVER_ACKNOWLEDGED:
        text = f"no application saw {count(len(cluster.conversations), 'request')}: never acknowledged"
        yield Evidence(-7.0, text, Source.CAPTURE, cluster.conversations[0].decided_at)


SUSPECT = Suspect(
    name="target-too-slow",
    kind=Kind.FAULT,
    title="the target did not answer before the proxy's timeout",
    prior=0.1,
    judge=judge,
    ceiling_bits={Source.ACCESS_LOG: 4.0},  # the final ACK dropped at a full accept queue logs the same
    expects={
        "host": {"listener-well": 0.85, "drops-grow": 0.1},
        "capture": {"acknowledged-silence": 0.97},
        "error-log": {"read-timeout": 0.97},
        "access-log": {"wait-timeout": 0.97},
    },
    remedies=(FIND,),
)
