"""Connection refused

What happens
------------
Nothing listens at the target's address: the process is down, still starting, listens on another port or address, or a
firewall answers in its place. The kernel answers the SYN with RST at once.

How it looks from the proxy
---------------------------
The connect fails within a round trip. nginx: 502, `connect() failed (111: Connection refused)`; ALB:
`-1 -1 -1 502 -` with a target and almost no duration.

What gives it away
------------------
RST to the SYN in a capture, the errno in the proxy's error log, no listener at that address on the host.

What clears it
--------------
A connect that timed out or succeeded. A full accept queue never refuses: it stays silent. If requests in flight were
ended just before, refused connects are what a crash or a restart brought along.

What to do
----------
Start the service, or correct the address. If it happens only during deployments, take the target out of rotation
first, and let the health check pass before it is put back.

Sources
-------
Linux `tcp_v4_rcv` -> `tcp_v4_send_reset` (net/ipv4/tcp_ipv4.c); nginx `ngx_event_connect_peer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from why502.facts.aftermath import cut_before
from why502.facts.hosts import listening_told
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner, Phase, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.afterwards import refusals, told_by
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.unseen import nothing_sent
from why502.suspects.weighing import failed_at_once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene

VAGUE = (Manner.UNKNOWN, Manner.CUT, Manner.CLOSED)
"""Manners that do not tell how a connect failed."""

SERVER_DOWN = "server-down"
REFUSED_CHECK = "Connection refused"
CHECKED_WITHIN_S = 30.0
"""Checks come every few seconds (`inter` 2 s), and three have to fail (`fall`)."""


ROOT_ELSEWHERE = -5.0
"""Wrong addresses and services that were never started refuse connects without ever having taken any; those that lost
their process are for target-crashed and target-restarted to explain."""
FIND_THE_END = Remedy("Find out what ended the process just before: its own log, the journal, the list of deployments.")


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.side in (Side.TARGET, Side.CLIENT):
        return DoesNotApply("the proxy did not make this status")
    if cluster.phase not in (Phase.CONNECT, Phase.UNKNOWN):
        return DoesNotApply("the connection had been made, or no target was tried")
    if cluster.manner not in (Manner.REFUSED, *VAGUE):
        return DoesNotApply(f"the connect failed otherwise ({cluster.manner})")
    if cluster.outcome is Outcome.ANSWERED:
        return DoesNotApply("the target answered")
    evidence = [*_wire_and_words(scene), *_checks(scene), *_host(scene)]
    if not evidence:
        return CannotTell((Source.CAPTURE, Source.ERROR_LOG), "nothing given tells how the connect failed")
    summary = f"{cluster.target or 'the target'} refused {count(cluster.count, 'connect')}: nothing listened there"
    # Where it is not even sure that connects were refused, there is nothing to be less sure of.
    went_away = [*_went_away(scene)] if cluster.manner is Manner.REFUSED else []
    if not went_away:
        return Weighed(tuple(evidence), f"{summary}.")
    missing = tuple(s for s in (Source.HOST, Source.EVENTS) if not scene.looked(s))
    unsure = f"{summary} after it had ended requests in flight: as after a crash or a restart."
    return Weighed((*evidence, *went_away), unsure, missing, remedies=(FIND_THE_END,))


def _wire_and_words(scene: Scene) -> Iterator[Evidence]:
    cluster = scene.cluster
    yield from refusals(scene)
    if cluster.outcome is None and scene.wire is None:
        yield from (structs.replace(e, bits=-6.0) for e in nothing_sent(scene, 5.0))
    whole = scene.case.wire is not None and not scene.case.wire.lossy
    if cluster.outcome is None and whole and scene.wire is not None and not scene.wire.outcomes.get(Outcome.REFUSED):
        text = f"no SYN was refused in {scene.wire.conversations} conversations with the target"
        yield Evidence(-6.0, text, Source.CAPTURE, Place(scene.path_of(Source.CAPTURE)))
    if cluster.manner is not Manner.REFUSED:
        yield from failed_at_once(cluster)


def _went_away(scene: Scene) -> Iterator[Evidence]:
    """Requests in flight that were ended just before: the address was right and somebody listened until then.

    Refused connects are then what a crash or a restart brought along, and what ended the process is the cause of both.
    """
    found = cut_before(scene)
    if found is None or not scene.cluster.failures:
        return
    text = f"{count(found.requests, 'request')} in flight had been ended {found.when} the first one"
    yield told_by(scene, ROOT_ELSEWHERE, text)


def _checks(scene: Scene) -> Iterator[Evidence]:
    """The proxy's own health checks of the same server were refused at that time (HAProxy says so)."""
    cluster = scene.cluster
    if cluster.manner is Manner.REFUSED or cluster.outcome is not None:
        return
    servers = {place.request.group for place in cluster.logged}
    failures_s = [f.at_s for f in cluster.failures if f.at_s is not None]
    for event in scene.case.events:
        its = event.kind == SERVER_DOWN and event.process in servers and REFUSED_CHECK in event.text
        if its and any(abs(event.at_s - at_s) <= CHECKED_WITHIN_S for at_s in failures_s):
            yield Evidence(4.0, f"its check failed likewise: {event.text}", Source.EVENTS, event.at)
            return


def _host(scene: Scene) -> Iterator[Evidence]:
    if not scene.looked(Source.HOST) or scene.cluster.target is None:
        return
    restarts = [at_s for window in scene.listeners for at_s in window.restarts]
    if not scene.listeners and listening_told(scene.case):
        text = f"nothing listens at {scene.cluster.target} on the hosts that were looked at"
        yield Evidence(2.0, text, Source.HOST, Place(scene.path_of(Source.HOST)))
    elif not restarts and (closed := [w for w in scene.listeners if w.closings]):
        text = f"the listener of {scene.cluster.target} was closed while it was watched, and not opened again"
        yield Evidence(1.0, text, Source.HOST, closed[0].at)
    elif restarts:
        times = count(len(restarts), "time")
        text = f"the listener of {scene.cluster.target} was opened anew {times} while it was watched"
        yield Evidence(1.0, text, Source.HOST, scene.listeners[0].at)


SUSPECT = Suspect(
    name="connection-refused",
    kind=Kind.FAULT,
    title="nothing listened at the target's address",
    prior=0.12,
    judge=judge,
    expects={
        "host": {"no-listener": 0.6, "restarted": 0.3, "drops-grow": 0.005},
        "capture": {"refused": 0.97},
        "error-log": {"refused": 0.97},
        "access-log": {"connect-phase": 0.95},
    },
    remedies=(
        Remedy("Start the service, or correct the address that the proxy uses."),
        Remedy("In deployments, take the target out of rotation before it stops, and back only when it answers."),
    ),
)
