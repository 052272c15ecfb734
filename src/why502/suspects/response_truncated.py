"""Response truncated

What happens
------------
The target begins to answer and ends the connection before the announced length, or stalls in the middle.

How it looks from the proxy
---------------------------
The status was sent already, so the log shows the target's 200 and a short body; only the error log or a termination
flag tells.

What gives it away
------------------
`upstream prematurely closed connection while reading upstream`; a RST after the answer's first bytes;
in a capture, answers that the proxy left unfinished after the same silence, as its timer does.

What clears it
--------------
No header from the target.

What to do
----------
Look for what ends the target's process or worker in the middle of an answer: a time limit of its own, memory, a crash.

Sources
-------
nginx `ngx_event_pipe.c`, `ngx_http_upstream_process_upgraded`; RFC 9112 section 8.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.weighing import lost_on_the_way, proxy_says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.phase is not Phase.BODY:
        return DoesNotApply("the answer had not begun, or was complete")
    if cluster.manner is Manner.MALFORMED:
        return DoesNotApply("the answer was refused, not cut off")
    # That the answer had begun is what this fault is; why it broke off is for the conditions to say.
    target, answers = cluster.target or "The target", count(cluster.count, "answer")
    if cluster.manner is Manner.TIMEOUT:
        summary = f"{target} fell silent in the middle of {answers}, until the proxy gave up."
    else:
        summary = f"{target} broke off {answers} that had begun."
    if cluster.outcome is Outcome.STALLED and not cluster.logged:
        return Weighed((*_stalled(scene), *lost_on_the_way(scene, 4.0)), summary, (Source.ACCESS_LOG,))
    return Weighed((proxy_says(cluster, 9.0),), summary)


def _stalled(scene: Scene) -> Iterator[Evidence]:
    cluster = scene.cluster
    found = [(c, c.detail.silent_midway_s) for c in cluster.conversations if c.detail is not None]
    silences_s = [silent_s for _, silent_s in found if silent_s is not None]
    if silences_s:
        text = f"{count(len(silences_s), 'answer')} had begun when the target fell silent; the proxy left each after "
        text += f"{median(silences_s):.1f} s, as its timer does"
        yield Evidence(7.0, text, Source.CAPTURE, found[0][0].decided_at)


SUSPECT = Suspect(
    name="response-truncated",
    kind=Kind.FAULT,
    title="the answer ended before it was complete",
    prior=0.03,
    judge=judge,
    expects={
        "error-log": {"closed": 0.6, "reset": 0.35},
        "capture": {"fresh-cut": 0.4, "reused-cut": 0.4},
        "host": {"listener-well": 0.8, "restarted": 0.15},
    },
    remedies=(
        Remedy("Look for what ends the target's worker in the middle of an answer: a time limit, memory, a crash."),
    ),
)
