"""Packets dropped

What happens
------------
The SYNs towards the target get lost although the listener is well: a security group, a firewall rule, a full conntrack
table, a broken route. Or packets of any kind do: a link that is full or broken.

How it looks from the proxy
---------------------------
Connects time out; nothing is refused, nothing is reset. Often all connects from some place fail, and all the time.
Where packets of standing connections are lost, requests become slow by 0.2, 0.6, 1.4... s, and some time out.

What gives it away
------------------
SYNs that are never answered, to a listener that was watched meanwhile and dropped nothing; or while every connection
that stood had been accepted, so that the accept queue can have held none of them. Of standing connections: data that
had to be sent again in others which went well, or again and again on the target's host (`RetransSegs`).

What clears it
--------------
A listener that counted the drops itself; connects that failed otherwise. Many exchanges in which nothing had to be sent
again. First requests of new connections that were taken only when sent again, while nothing of accepted connections was
lost: the listener drops final ACKs then.

What to do
----------
Find where the SYN is seen last: capture on the target's side too; look at security groups, nftables counters and the
conntrack table.

Sources
-------
AWS "Troubleshoot your Application Load Balancers" (HTTP 504); nft(8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.bursts import after_idle
from why502.facts.exhaustion import told_full
from why502.facts.handshakes import ENOUGH, handshakes
from why502.facts.hosts import listening_told
from why502.facts.metered_failures import told_at_once
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner, Phase, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.faces import taken_late
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.lost_later import lost_later, waited_in_vain
from why502.suspects.lost_syns import lost_alone, lost_at_one_depth
from why502.suspects.stopped import listener_gone
from why502.suspects.unseen import covered
from why502.suspects.way_gone import EXPLAINED, way_gone
from why502.suspects.weighing import connects_delayed, syns_at_both_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Failure, ListenerWindow, Scene

CLOCK_S = 1.0
"""Logs and journals round to whole seconds."""

GONE = -4.0
"""A target that refuses connects in the same second is not well, whatever became of one SYN more."""

LOSSY = (
    Remedy("Find where segments vanish: capture at both ends, and let why502 compare them."),
    Remedy(
        "Look for errors and drops of the interfaces and queues on the way, and for links that are full.",
        "ip -s -s link; tc -s qdisc; nstat -az TcpRetransSegs",
    ),
)


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.side in (Side.TARGET, Side.CLIENT):
        return DoesNotApply("the proxy did not make this status")
    if waited_in_vain(cluster):
        found = tuple(lost_later(scene))
        if not found:
            return DoesNotApply("nothing is known to have been sent again, and TCP repairs single losses by itself")
        missing = tuple(s for s in (Source.CAPTURE, Source.HOST) if not scene.looked(s))
        text = f"Packets between the proxy and {cluster.target or 'the target'} got lost on the way."
        return Weighed((*found, *way_gone(scene, EXPLAINED)), text, missing, remedies=LOSSY)
    if cluster.phase not in (Phase.CONNECT, Phase.UNKNOWN):
        return DoesNotApply("the connection had been made, or no target was tried")
    if cluster.manner not in (Manner.TIMEOUT, Manner.UNKNOWN) or cluster.outcome not in (None, Outcome.SYN_UNANSWERED):
        return DoesNotApply(f"the connect failed otherwise ({cluster.manner})")
    if cluster.manner is Manner.UNKNOWN and cluster.outcome is Outcome.SYN_UNANSWERED:
        return DoesNotApply("the proxy did not wait for an answer: it was told")
    if told_at_once(scene.case.metrics, cluster):
        return DoesNotApply("an ALB answers 504 where its connect meets silence, and these were 502")
    evidence = [*_capture(scene), *_host(scene), *_log(scene), *_kernel(scene)]
    evidence += [*way_gone(scene, EXPLAINED), *listener_gone(scene, GONE)] if evidence else ()
    missing = tuple(s for s in (Source.HOST, Source.CAPTURE) if not scene.looked(s))
    if not evidence:
        return CannotTell(missing or (Source.HOST,), "nothing given tells a lost SYN from a full accept queue")
    target = cluster.target or "the target"
    return Weighed(tuple(evidence), f"SYNs to {target} got lost although its listener was well.", missing)


def _capture(scene: Scene) -> Iterator[Evidence]:
    if scene.wire is None:
        return
    lost, unanswered, both = syns_at_both_ends(scene.cluster)
    if both and lost:
        text = f"{count(lost, 'SYN')} left the proxy and never arrived at the target's end"
        yield Evidence(9.0, text, Source.CAPTURE, both)
    elif both and unanswered:
        # A capture takes packets as the interface hands them over (`__netif_receive_skb_core`, net/core/dev.c), before
        # the host's own filter and connection tracking: most that drop SYNs, but not all, stand on the way.
        text = (
            f"{count(unanswered, 'SYN')} arrived at the target's end: only its own packet filter could still drop them"
        )
        yield Evidence(-2.0, text, Source.CAPTURE, both)
    seen = handshakes(scene.wire)
    if scene.cluster.outcome is not Outcome.SYN_UNANSWERED:
        if not seen.syns_unanswered and not seen.syns_repeated and covered(scene):
            text = f"every SYN to the target was answered at once, in {seen.conversations} conversations"
            yield Evidence(-6.0, text, Source.CAPTURE, Place(scene.path_of(Source.CAPTURE)))
        return
    first = scene.cluster.conversations[0].decided_at
    if not seen.served and seen.conversations >= ENOUGH:
        # A full queue lets connections through between its drops; a rule on the way lets none.
        text = f"none of {seen.conversations} connections was ever answered"
        yield Evidence(4.0, text, Source.CAPTURE, first)
    elif seen.served:
        text = f"{seen.syns_unanswered} SYNs were never answered, {seen.served} other connections were served"
        yield Evidence(2.0, text, Source.CAPTURE, first)
    # What it does say for certain is said against the full queue; here it is what this cause is made of.
    yield from lost_alone(scene, several=1.5, one=0.5)
    yield from lost_at_one_depth(scene, -5.0)
    if seen.acks_dropped or seen.unknown_resets:
        text = f"the target also dropped {seen.acks_dropped} final ACKs and reset {seen.unknown_resets} new connections"
        yield Evidence(-4.0, text, Source.CAPTURE, seen.first or first)
    yield from taken_late(seen, -4.0)


def _log(scene: Scene) -> Iterator[Evidence]:
    """SYNs were lost: a log says that much, and where they were lost it does not."""
    cluster, traffic = scene.cluster, scene.traffic
    if not cluster.logged or cluster.manner is not Manner.TIMEOUT:
        return
    yield Evidence(1.5, f"{count(cluster.count, 'connect')} timed out", Source.ACCESS_LOG, cluster.logged[0].request.at)
    if traffic is None:
        return
    yield from connects_delayed(traffic, 2.0)
    idle = after_idle(cluster, traffic)
    if idle.first and traffic.timed_connects and idle.in_bursts > idle.failures / 2:
        # What loses packets on the way does not wait for idle spells of one target.
        yield Evidence(-1.5, str(idle), Source.ACCESS_LOG, idle.first)
    elif idle.first and not traffic.timed_connects and idle.stands_out:
        # A pool connects in bursts alone: as much a sign of lost SYNs as of a full queue (`accept_queue_overflow`).
        text = f"{idle}; who connected anew, the log does not tell"
        yield Evidence(1.5, text, Source.ACCESS_LOG, idle.first)


def _host(scene: Scene) -> Iterator[Evidence]:
    for window in scene.listeners:
        where = window.listener.address
        if _closed_then(scene, window):
            # Nobody listened, so that it dropped nothing says nothing of the way.
            yield Evidence(-1.0, f"{where} had been closed by then", Source.HOST, window.at)
            continue
        if window.drops and window.grown.get("ListenOverflows"):
            text = f"{where} itself dropped {window.drops} connection attempts"
            yield Evidence(-9.0, text, Source.HOST, window.at)
        elif window.drops and window.grown.get("ListenOverflows") == 0 and scene.cluster.manner is Manner.TIMEOUT:
            text = f"{where} was watched, and its namespace counted no ListenOverflows: no queue turned the SYNs away"
            yield Evidence(4.0, text, Source.HOST, window.at)
        elif window.drops == 0 and scene.cluster.manner is Manner.TIMEOUT:
            text = f"{where} was watched and dropped nothing: the SYNs did not reach it"
            yield Evidence(4.0, text, Source.HOST, window.at)
    if scene.cluster.target and listening_told(scene.case) and not scene.listeners:
        text = f"nothing listens at {scene.cluster.target} on the hosts that were looked at"
        yield Evidence(-1.0, text, Source.HOST, Place(scene.path_of(Source.HOST)))


def _closed_then(scene: Scene, window: ListenerWindow) -> bool:
    times_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    return any(window.closed(at_s) for at_s in times_s)


def _kernel(scene: Scene) -> Iterator[Evidence]:
    """Words about packets that it drops before any listener sees them."""
    told = told_full(scene)
    if not told or scene.cluster.manner is not Manner.TIMEOUT:
        return
    spans_s = [s for failure in scene.cluster.failures if (s := _waited(failure)) is not None]
    met = sum(any(begin_s <= event.at_s <= end_s for event in told) for begin_s, end_s in spans_s)
    if spans_s and 2 * met >= len(spans_s):
        # What it drops is the first packet of new flows: a queue that is full in those very seconds would be chance.
        text = f"the kernel dropped first packets of new flows while {met} of {count(len(spans_s), 'connect')} waited"
        yield Evidence(7.0, f"{text}: {told[0].text}", Source.EVENTS, told[0].at)
    else:
        # It writes a few such lines in 5 s at most (net_ratelimit), so that some may be missing.
        text = f"the kernel dropped first packets of new flows within a minute of the failures: {told[0].text}"
        yield Evidence(3.0, text, Source.EVENTS, told[0].at)


def _waited(failure: Failure) -> tuple[float, float] | None:
    """From when to when its connect waited, as far as logs in whole seconds tell."""
    request = failure.logged.request if failure.logged else None
    if request is None or request.start_s is None or request.end_s is None:
        return None
    return request.start_s - CLOCK_S, request.end_s + CLOCK_S


SUSPECT = Suspect(
    name="packets-dropped",
    kind=Kind.FAULT,
    title="packets got lost on the way although the listener was well",
    prior=0.04,
    judge=judge,
    expects={
        "host": {"listener-well": 0.95, "drops-grow": 0.01},
        "capture": {"syn-unanswered": 0.97},
        "error-log": {"connect-timeout": 0.97},
        "access-log": {"connect-phase": 0.97},
    },
    remedies=(
        Remedy(
            "Find where the SYN is seen last: capture on the target's side as well.",
            "sudo tcpdump -ni any 'tcp[tcpflags] & tcp-syn != 0'",
        ),
        Remedy(
            "Look at security groups, firewall counters (nft list ruleset) and the conntrack table on the way, and on "
            "the target itself: a capture there shows SYNs that its own filter then drops."
        ),
    ),
)
