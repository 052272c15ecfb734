"""Closed without response

What happens
------------
The target takes the request and ends the connection without an answer: a handler that failed hard, a worker that was
killed by its own watchdog, a limit of the server, a proxy in between that gave up.

How it looks from the proxy
---------------------------
502 some time after the request was sent. nginx: `upstream prematurely closed connection while reading response header`,
or `recv() failed (104...)`.

What gives it away
------------------
On the wire, the target acknowledged the request and then sent FIN or RST, on one connection at a time, while its
process went on. Or it closed new connections as soon as it had accepted them (a limit): by FIN, or RST with ACK flag.

What clears it
--------------
A request that was never acknowledged; several connections that died at one instant.

What to do
----------
Look into the application's log at that time; look at its own limits (worker timeout, request size, header size).

Sources
-------
nginx `ngx_http_upstream_process_header`; Linux `tcp_send_active_reset` (close with unread data).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from why502.facts.idle_timer import idle_timer
from why502.facts.idleness import idleness
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.stopped import listener_gone, one_after_the_other, told_to_stop
from why502.suspects.unseen import no_end_on_the_wire
from why502.suspects.weighing import cut_in_flight, ended_together, fate_of_others

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene

FEWEST_NEW = 2
"""One may be another fault's."""
AT_ONCE_S = 0.02
"""Round trip included; a handler that fails takes longer, or at least varies."""
MOST = 0.8
LIMITS = Remedy(
    "They were closed right after they had been accepted: look at limits on connections (in all, or for one address), "
    "allow lists and TCP wrappers, and at a port proxy in between whose own target is not there (docker-proxy)."
)
ALL_REUSED = 4
"""A handler that fails does so on new connections as well; four in a row on used ones point to the pool."""


def judge(scene: Scene) -> Judgement:
    at_once = [*_right_after_accepting(scene)]
    why_not = cut_in_flight(scene)
    if why_not and not (at_once and scene.cluster.outcome is Outcome.RESET_UNACKNOWLEDGED):
        return DoesNotApply(why_not)
    evidence = [*_capture(scene), *at_once, *_words(scene), *_gone(scene)]
    missing = tuple(s for s in (Source.CAPTURE, Source.HOST) if not scene.looked(s))
    if not evidence:
        return CannotTell(missing or (Source.CAPTURE,), "nothing given tells whether the target took the request")
    target = scene.cluster.target or "The target"
    text = f"{target} took requests and ended the connection without an answer."
    return Weighed(tuple(evidence), text, missing, remedies=(LIMITS,) if at_once else ())


def _capture(scene: Scene) -> Iterator[Evidence]:
    cluster = scene.cluster
    yield from no_end_on_the_wire(scene, -5.0)
    if cluster.outcome in (Outcome.CLOSED_BEFORE_ANSWER, Outcome.RESET_BEFORE_ANSWER):
        how = "FIN" if cluster.outcome is Outcome.CLOSED_BEFORE_ANSWER else "RST"
        text = f"the target acknowledged {len(cluster.conversations)} requests and then sent {how} instead of an answer"
        # A process that dies closes its connections in the same way: one connection alone does not tell.
        yield Evidence(3.5, text, Source.CAPTURE, cluster.conversations[0].decided_at)
        reused = sum(not c.new for c in cluster.conversations)
        found, timer = idleness(scene), idle_timer(scene.wire)
        if timer is not None and (bits := timer.bits(cluster.conversations)):
            # A handler that fails knows nothing of how long its connection had been idle.
            text = f"the target's idle timeout had just run out on {timer.fitting(cluster.conversations)}: {timer}"
            yield Evidence(-bits, text, Source.CAPTURE, timer.at)
        elif found.holds([c.idle_before_request_s for c in cluster.conversations]):
            text = f"all {found.reused} connections ended by the target had been idle for {found.median_s:.1f} s"
            yield Evidence(-5.0, text, Source.CAPTURE, cluster.conversations[0].at)
        elif reused == len(cluster.conversations) >= ALL_REUSED:
            text = f"all {reused} of these connections had served before: new ones were spared"
            yield Evidence(-1.0, text, Source.CAPTURE, cluster.conversations[0].at)


def _right_after_accepting(scene: Scene) -> Iterator[Evidence]:
    """New connections that the program closed as soon as it had them: a limit, a filter, an allow list."""
    seen = scene.cluster.conversations
    new = [c for c in seen if c.new and c.established_s is not None and c.end_s is not None]
    soon = [c for c in new if (c.end_s or 0.0) - (c.established_s or 0.0) <= AT_ONCE_S]
    if len(soon) < FEWEST_NEW or len(soon) < MOST * len(seen):
        return
    # `tcp_send_active_reset` sets ACK: a program closed a socket of its own. What no socket takes gets a bare RST.
    closed = [c for c in soon if not c.reset_bare]
    if scene.cluster.outcome is Outcome.RESET_UNACKNOWLEDGED and len(closed) >= MOST * len(soon):
        text = f"{len(closed)} new connections got a RST with ACK flag at once: a program closed what it had accepted"
        yield Evidence(5.0, text, Source.CAPTURE, closed[0].decided_at)
    elif scene.cluster.outcome in (Outcome.CLOSED_BEFORE_ANSWER, Outcome.RESET_BEFORE_ANSWER):
        text = f"{len(soon)} of {len(seen)} were new, and ended within {AT_ONCE_S * 1000:.0f} ms of their handshake"
        yield Evidence(1.0, text, Source.CAPTURE, soon[0].decided_at)


def _words(scene: Scene) -> Iterator[Evidence]:
    cluster = scene.cluster
    if cluster.logged and cluster.outcome is None and cluster.manner is Manner.CLOSED:
        first = cluster.logged[0].request
        text = f"the target closed {count(cluster.count, 'time')} before any header"
        yield Evidence(1.5, text, Source.ERROR_LOG, first.told_at)


def _gone(scene: Scene) -> Iterator[Evidence]:
    """What speaks for a crash or a restart speaks against a close by a process that went on.

    The other way round only if new connections failed: a process that lives on closes idle ones as well, and a race
    with that looks the same on used connections.
    """
    new = sum(c.new for c in scene.cluster.conversations)
    for evidence in (*ended_together(scene), *fate_of_others(scene)):
        if evidence.bits > 0 or new >= FEWEST_NEW:
            yield structs.replace(evidence, bits=-evidence.bits)
    yield from told_to_stop(scene, -4.0)
    # A listener that goes away takes with it what nobody has accepted yet, by the same RST.
    yield from listener_gone(scene, -7.0)
    yield from one_after_the_other(scene, -1)


SUSPECT = Suspect(
    name="closed-without-response",
    kind=Kind.FAULT,
    title="the target took the request and closed without an answer",
    prior=0.05,
    judge=judge,
    expects={
        "host": {"listener-well": 0.95, "drops-grow": 0.01, "restarted": 0.02},
        "capture": {"fresh-cut": 0.7, "reused-cut": 0.27},
        "error-log": {"closed": 0.65, "reset": 0.33},
        "access-log": {"cut": 0.97},
    },
    remedies=(Remedy("Look into the application's log at these times, and at its limits (worker timeout, sizes)."),),
)
