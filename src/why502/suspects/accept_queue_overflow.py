"""Accept-queue overflow

What happens
------------
A listening socket holds finished connections until the application accepts them, at most backlog + 1 (the backlog is
the smaller of listen()'s argument and `net.core.somaxconn` of that network namespace). While that queue is full, the
kernel turns new connections away without a word to the application. One page that loads a dozen things at once is
enough if the backlog is 1. Pooled connections hide it: it shows after idle spells and restarts, when many connections
are opened together.

How it looks from the proxy
---------------------------
It has three faces. The SYN is dropped: the connect takes 1, 2, 3... s longer or times out. The final ACK is dropped:
the proxy believes itself connected, sends the request and waits; logged as a read timeout. The SYN-cookie path: a
request that leaves in two segments is reset within milliseconds; logged like a crash (ALB: `0.001 0.012 -1 502 -`).

What gives it away
------------------
On the host, the listener's own drops (`SK_MEMINFO_DROPS`) grow together with `ListenOverflows` of its namespace;
node_exporter's count of these that grows just when requests fail is a hint. On the wire, SYNs are repeated to a
listener that serves others, SYN-ACKs are repeated after the final ACK, or a new connection gets a RST without ACK
flag before a single byte was acknowledged. In a log, times to connect just above 1, 2, 3 or 7 s, and failures in
bursts after idle spells.

What clears it
--------------
A listener that was watched through the failures and dropped nothing; a target that acknowledged the request before
it closed (then the connection was in the queue); a refused SYN (the queue never refuses); SYNs lost while every
connection that stood had been answered (the queue was empty).

What to do
----------
Raise the backlog in the application's configuration, and `net.core.somaxconn` of its namespace if that is the limit.
Find out what keeps the acceptor from accepting.

Sources
-------
Linux `tcp_conn_request` (net/ipv4/tcp_input.c), `tcp_check_req` (tcp_minisocks.c), `cookie_v4_check` (syncookies.c),
`sk_acceptq_is_full` (include/net/sock.h), Documentation/networking/snmp_counter.rst; listen(2).
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from why502.facts.bursts import after_idle
from why502.facts.handshakes import handshakes
from why502.facts.metered_failures import told_at_once
from why502.facts.scene import Basis
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner, Phase, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.accepting import left_standing
from why502.suspects.faces import fate, other_faces, taken_late
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.limited import backlog_small
from why502.suspects.lost_syns import lost_alone, nothing_but_syns, path_loses
from why502.suspects.metered import overflows_counted
from why502.suspects.server_says import queue_full
from why502.suspects.standing_still import NOT_LET_IN, not_let_in
from why502.suspects.stopped import listener_gone
from why502.suspects.unseen import covered
from why502.suspects.way_gone import EXPLAINED, way_gone
from why502.suspects.weighing import connects_delayed, proxy_says, syns_at_both_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, ListenerWindow, Scene
    from why502.model.traffic import TargetTraffic

IMPOSSIBLE_MANNERS = {
    Manner.REFUSED: "the SYN was refused by RST; a full accept queue never refuses, it drops",
    Manner.UNREACHABLE: "the network said that the target cannot be reached",
    Manner.MALFORMED: "the target answered",
    Manner.TOO_LARGE: "the target answered",
    Manner.ANSWERED: "the target answered",
    Manner.EXHAUSTED: "the proxy failed before it reached the target",
    Manner.GONE: "the client left",
    Manner.RACED: "the connection had served before",
    Manner.FORBIDDEN: "the proxy's own kernel did not allow the connect",
}
IMPOSSIBLE_PHASES = {
    Phase.NO_TARGET: "no target was chosen",
    Phase.BODY: "the answer had begun",
    Phase.DONE: "the target answered",
}
ACKNOWLEDGED = {
    Outcome.RESET_BEFORE_ANSWER,
    Outcome.CLOSED_BEFORE_ANSWER,
    Outcome.NOT_ANSWERED,
    Outcome.RACED,
    Outcome.STALE,
    Outcome.ANSWER_CUT,
    Outcome.ANSWERED,
}
FAST_CUT_S = 0.1
"""A reset by the SYN-cookie path follows the second segment at once; seen: 0.2 to 15 ms."""


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    why_not = IMPOSSIBLE_MANNERS.get(cluster.manner) or IMPOSSIBLE_PHASES.get(cluster.phase)
    if cluster.manner is Manner.UNKNOWN and cluster.outcome is Outcome.SYN_UNANSWERED:
        why_not = "the proxy did not wait for an answer: it was told"
    if cluster.phase is Phase.CONNECT and told_at_once(scene.case.metrics, cluster):
        why_not = "a full queue drops SYNs, which an ALB answers with 504, and these were 502"
    if why_not or cluster.side in (Side.TARGET, Side.CLIENT):
        return DoesNotApply(why_not or "the proxy did not make this status")
    if not_let_in(scene) is not None:
        return DoesNotApply("the whole application stood still: that its queue filled is a consequence")
    evidence = [*_host(scene), *_capture(scene), *_log(scene), *queue_full(scene), *overflows_counted(scene)]
    evidence += way_gone(scene, EXPLAINED) if evidence and cluster.phase is Phase.CONNECT else ()
    evidence += backlog_small(scene, small=2.0, ample=-1.5) if evidence else ()
    missing = tuple(s for s in (Source.HOST, Source.CAPTURE) if not scene.looked(s))
    if not evidence:
        return CannotTell(missing or (Source.HOST,), "nothing given tells how the target's listener fared")
    return Weighed(tuple(evidence), _summary(scene), missing)


def _summary(scene: Scene) -> str:
    for window in scene.listeners:
        if window.drops and window.grown.get("ListenOverflows"):
            owner = f" of {window.process.name} (pid {window.process.pid})" if window.process else ""
            seen = "" if scene.cluster.basis is not Basis.DROPS else "; no proxy evidence was seen"
            return (
                f"The accept queue of {window.listener.address}{owner} overflowed: backlog "
                f"{window.listener.backlog}, {count(window.drops, 'connection attempt')} dropped{seen}."
            )
    fate = "failed at once" if scene.cluster.manner is Manner.QUEUE_FULL else "were dropped"
    return f"The accept queue of {scene.cluster.target or 'the target'} overflowed: connection attempts {fate}."


def _host(scene: Scene) -> Iterator[Evidence]:
    for window in scene.listeners:
        yield from _drops(scene, window)
        # Bursts are over within a look; what keeps the program from accepting makes the queue overflow all the same.
        if (standing := left_standing(window, -7.0)) is not None:
            yield standing
        if window.queue_len_max > window.listener.backlog:
            # Full means backlog + 1 (sk_acceptq_is_full); a queue that was never full cannot have overflowed.
            waiting = f"{window.queue_len_max} waiting, backlog {window.listener.backlog}"
            yield Evidence(1.0, f"its accept queue was seen full: {waiting}", Source.HOST, window.at)


def _drops(scene: Scene, window: ListenerWindow) -> Iterator[Evidence]:
    drops, overflows = window.drops, window.grown.get("ListenOverflows")
    where, covered = window.listener.address, _covers(scene, window)
    if drops and overflows:
        # Both together prove an overflow of this very socket; unrelated overflow during the failures is rare.
        text = (
            f"{where} dropped {count(drops, 'connection attempt')} while it was watched, and ListenOverflows "
            f"of its namespace grew by {overflows}"
        )
        yield Evidence(9.0 if covered else 5.0, text, Source.HOST, window.at)
    elif drops == 0 and covered:
        text = f"{where} dropped nothing while it was watched through the failures"
        yield Evidence(-8.0, text, Source.HOST, window.at)
    elif overflows == 0 and covered:
        # Each SYN and each final ACK that a full queue turns away raises both; `sk_drops` alone has other reasons.
        text = f"its namespace counted no ListenOverflows while {where} was watched through the failures"
        yield Evidence(-8.0, text, Source.HOST, window.at)
    elif drops is None and overflows:
        # Of several listeners each may be the one; that its namespace has any while requests fail is rare by itself.
        text = f"ListenOverflows of its namespace grew by {overflows}, of which listener is not told"
        yield Evidence(3.5 if covered else 1.5, text, Source.HOST, window.at)
    elif drops is None and (window.listener.drops or 0) > 0:
        # One snapshot: since the socket was opened. `sk_drops` counts other failures too, so it only hints.
        text = f"{where} has dropped {window.listener.drops} packets since it was opened (when is not known)"
        yield Evidence(3.0, text, Source.HOST, window.at)
    failed = window.grown.get("SyncookiesFailed", 0)
    if failed and covered and scene.cluster.manner in (Manner.RESET, Manner.CUT):
        # Counts exactly the resets of the cookie path; stray ACKs and scans raise it too, but not with the failures.
        # Another observer than the capture, which shows the resets and not why they were sent.
        resets = count(scene.cluster.count, "reset")
        text = f"the target's kernel says why it sent RST: SyncookiesFailed grew by {failed}, for {resets}"
        yield Evidence(3.0, text, Source.HOST, window.at)


def _covers(scene: Scene, window: ListenerWindow) -> bool:
    """Whether the listener was watched while most of the failures happened."""
    times_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    if not times_s:
        return scene.cluster.window == window.watched
    inside = sum(window.watched.from_s - 5 <= at_s <= window.watched.to_s + 5 for at_s in times_s)
    return inside >= len(times_s) / 2


def _capture(scene: Scene) -> Iterator[Evidence]:
    outcome = scene.cluster.outcome
    if outcome in ACKNOWLEDGED:
        text = f"the target's kernel had acknowledged the request ({outcome}), so the connection was in its queue"
        yield Evidence(-9.0, text, Source.CAPTURE, scene.cluster.conversations[0].decided_at)
        return
    if scene.wire is None:
        return
    lost, unanswered, both = syns_at_both_ends(scene.cluster)
    if both and lost:
        text = f"{count(lost, 'SYN')} left the proxy and never arrived at the target's end"
        yield Evidence(-9.0, text, Source.CAPTURE, both)
    elif both and unanswered:
        text = f"{count(unanswered, 'SYN')} arrived at the target's end and got no answer"
        yield Evidence(3.0, text, Source.CAPTURE, both)
    seen = handshakes(scene.wire)
    if outcome is not None:
        yield from fate(scene, outcome, seen)
    if outcome is Outcome.RESET_UNACKNOWLEDGED:
        yield from listener_gone(scene, -7.0)
    yield from lost_alone(scene, several=-3.5, one=-2.0)
    yield from path_loses(scene, -5.0)
    others, late = other_faces(seen, outcome), [*taken_late(seen, 4.0)] if outcome in NOT_LET_IN else []
    yield from late
    if others and seen.first:
        yield Evidence(4.0, f"on the same target: {', '.join(others)}", Source.CAPTURE, seen.first)
    elif not late and outcome is Outcome.SYN_UNANSWERED:
        yield from nothing_but_syns(scene, seen)
    if outcome is None and seen.healthy and covered(scene):
        text = f"no SYN, final ACK or new connection was lost in {seen.conversations} conversations with the target"
        yield Evidence(-7.0, text, Source.CAPTURE, Place(scene.path_of(Source.CAPTURE)))


def _log(scene: Scene) -> Iterator[Evidence]:
    cluster = scene.cluster
    if not cluster.logged:
        return
    at = cluster.logged[0].request.at
    waits_s = [p.request.wait_s for p in cluster.logged if p.request.wait_s is not None]
    if cluster.manner is Manner.QUEUE_FULL:
        # Its kernel is the proxy's own, and says so at once: unix_stream_connect (net/unix/af_unix.c).
        yield proxy_says(cluster, 9.0)
    if cluster.phase is Phase.CONNECT and cluster.manner is Manner.TIMEOUT:
        yield Evidence(1.5, f"{count(cluster.count, 'connect')} timed out", Source.ACCESS_LOG, at)
    if cluster.manner in (Manner.CUT, Manner.RESET) and waits_s and median(waits_s) <= FAST_CUT_S:
        after = f"{median(waits_s) * 1000:.0f} ms (median) after the request"
        text = f"the target ended {count(cluster.count, 'exchange')} {after}"
        yield Evidence(0.5, text, Source.ACCESS_LOG, at)
    if scene.traffic is not None:
        yield from connects_delayed(scene.traffic, 2.0)
        yield from _bursts(cluster, scene.traffic)


def _bursts(cluster: Cluster, traffic: TargetTraffic) -> Iterator[Evidence]:
    """Pooled connections were gone, so that many were opened at once."""
    idle = after_idle(cluster, traffic)
    if idle.first and idle.stands_out:
        yield Evidence(1.5, str(idle), Source.ACCESS_LOG, idle.first)


SUSPECT = Suspect(
    name="accept-queue-overflow",
    kind=Kind.FAULT,
    title="the target's accept queue was full: new connections were dropped",
    prior=0.04,
    judge=judge,
    ceiling_bits={Source.ACCESS_LOG: 5.0},  # a log alone cannot tell a full queue from packets lost on the way
    expects={
        "host": {"drops-grow": 0.95, "listener-well": 0.02, "no-listener": 0.01, "restarted": 0.02},
        "capture": {"syn-unanswered": 0.45, "unacknowledged": 0.5},
        "error-log": {"connect-timeout": 0.4, "reset": 0.35, "read-timeout": 0.15},
        "access-log": {"connect-phase": 0.45, "cut": 0.35, "wait-timeout": 0.18},
    },
    remedies=(
        Remedy("Raise the listen backlog in the application's configuration to at least 1024, and restart it."),
        Remedy(
            "Before the restart, raise the limit of the target's network namespace if it is below that.",
            "sudo sysctl -w net.core.somaxconn=4096",
        ),
    ),
)
