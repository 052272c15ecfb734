"""Keep-alive race

What happens
------------
The target closes an idle pooled connection (its keep-alive timeout has run out) in the very moment in which the proxy
sends the next request on it. The request meets a closed socket; the target's kernel answers with RST.

How it looks from the proxy
---------------------------
The request was sent at once (no connect), and the connection is gone within a round trip: 502. GETs are often repeated
silently, POSTs are not. The application logs nothing.

What gives it away
------------------
On the wire: a connection that had served before, idle for about the target's keep-alive timeout, FIN and request
crossing each other. A step later the kernel has taken the request, and a FIN comes in the place of an answer; then the
other connections tell: those on which nobody asked anything were closed after the very same silence. In a log: failures
whose silence before them is near-constant (5 s Node.js, 2 s gunicorn...).

What clears it
--------------
A new connection: there is nothing to race for on the first request. A target that acknowledged the request. A proxy
that, by its configuration, gives idle connections up sooner than that: it would have closed them itself; a target that,
by its own, keeps them for longer than that, or than the proxy does. An end after
another silence than that of the idle connections, or together with idle ones that had been silent for different times:
then something stopped the process.

What to do
----------
Make the target's keep-alive timeout longer than the proxy's, by some seconds.

Sources
-------
RFC 9112 section 9.5; AWS documentation of ALB 502; nginx `ngx_http_upstream_keepalive_module`.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from why502.facts.closed_along import closed_along
from why502.facts.idle_timer import idle_timer
from why502.facts.idleness import (
    CONSTANT,
    ENDED_BY_TARGET,
    FEWEST,
    MIN_CONSTANT_S,
    idleness,
    near_constant,
)
from why502.facts.silences import before_bursts, is_rhythm
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase, Side
from why502.model.verdict import Remedy
from why502.suspects.configured import pool_against
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.limited import keepalive_against
from why502.suspects.proxy_settings import pool_shorter
from why502.suspects.said_idle import said_idle
from why502.suspects.stopped import listener_gone
from why502.suspects.unseen import no_end_on_the_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, Scene

ROUND_TRIP_S = 0.02
"""The answer of a closed socket takes one round trip; 20 ms covers neighbouring zones."""
TAKEN = 2.5
"""What the timer closes a step late looks like any close in the place of an answer, and is a third of the races."""
MIN_IDLE_S = 1.5
"""The shortest keep-alive timeout in use is 2 s (gunicorn); a race needs an idle spell of about that."""

NEW_CONNECTION = {
    Outcome.SYN_UNANSWERED: "the SYN was never answered",
    Outcome.REFUSED: "the SYN was refused",
    Outcome.RESET_UNACKNOWLEDGED: "the connection was new and nothing on it was ever acknowledged",
    Outcome.NEVER_ACKNOWLEDGED: "the connection was new and nothing on it was ever acknowledged",
    Outcome.ANSWER_CUT: "the answer had begun",
    Outcome.ANSWERED: "the target answered",
    Outcome.NOT_ANSWERED: "the target acknowledged the request and kept the connection",
}

KEEP_LONGER = Remedy(
    "Make the target's keep-alive timeout some seconds longer than the proxy's idle timeout (65 s against 60 s)."
)


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.side in (Side.TARGET, Side.CLIENT):
        return DoesNotApply("the proxy did not make this status")
    if cluster.phase not in (Phase.SEND, Phase.WAIT, Phase.UNKNOWN):
        return DoesNotApply(f"the exchange ended in another phase ({cluster.phase})")
    if cluster.manner in (Manner.TIMEOUT, Manner.MALFORMED, Manner.TOO_LARGE, Manner.QUEUE_FULL, Manner.EXHAUSTED):
        return DoesNotApply(f"the target did not end the connection ({cluster.manner})")
    if cluster.outcome in NEW_CONNECTION:
        return DoesNotApply(NEW_CONNECTION[cluster.outcome])
    evidence = [*_capture(scene), *_log(scene)]
    # Its timeout has to be longer than the target's: else it would have closed them itself, and nothing could race.
    evidence += pool_against(scene, _silence_s(cluster), keeps=0.5, gives_up=-5.0) if evidence else ()
    if evidence:
        evidence += keepalive_against(scene, _silence_s(cluster), agrees=2.0, keeps_longer=-5.0, shorter=0.5)
    missing = () if scene.looked(Source.CAPTURE) else (Source.CAPTURE,)
    if not evidence:
        return CannotTell(missing or (Source.ACCESS_LOG,), "nothing given tells how long connections had been idle")
    return Weighed(tuple(evidence), _summary(cluster), missing, remedies=(KEEP_LONGER, pool_shorter(cluster)))


def _summary(cluster: Cluster) -> str:
    idle_s = _idle_s(cluster) if cluster.conversations else 0.0
    after = f" after {idle_s:.1f} s of idleness" if idle_s else ""
    return f"{cluster.target or 'The target'} closed pooled connections{after} just as they were used again."


def _silence_s(cluster: Cluster) -> float:
    """How long connections, or at least the target, had been idle; 0 if it is not one length."""
    if cluster.conversations:
        return _idle_s(cluster)
    gaps_s = before_bursts(cluster.logged)
    return median(gaps_s) if len(gaps_s) >= FEWEST and near_constant(gaps_s) else 0.0


def _capture(scene: Scene) -> Iterator[Evidence]:
    cluster = scene.cluster
    if cluster.outcome is None:
        yield from no_end_on_the_wire(scene, -5.0)
        return
    count, first = len(cluster.conversations), cluster.conversations[0]
    idle_s, found = _idle_s(cluster), idleness(scene)
    timer = idle_timer(scene.wire) if cluster.outcome in ENDED_BY_TARGET else None
    timed = found.holds([c.idle_before_request_s for c in cluster.conversations])
    if timer is not None and 2 * sum(map(timer.about, cluster.conversations)) < count:
        text = f"the target ended {count} connections after {idle_s:.2f} s of silence (median), but {timer}"
        yield Evidence(-5.0, text, Source.CAPTURE, timer.at)
        return
    waited = idle_s >= MIN_IDLE_S or timed or timer is not None
    if cluster.outcome is Outcome.RACED and waited:
        text = (
            f"on {count} connections that had stood before, idle for {idle_s:.1f} s (median), the target's close "
            f"crossed the next request{_late(cluster)}"
        )
        yield Evidence(8.0, text, Source.CAPTURE, first.decided_at)
        # A process that dies closes its idle connections as well, whatever its timeout.
        yield from listener_gone(scene, -8.0)
        if timer is None:
            yield from _at_one_instant(scene)
    elif cluster.outcome is Outcome.RACED:
        # An answer that came before the body was sent, then a close, looks the same without the idleness.
        text = f"the target closed {count} connections as they were used again, but they had hardly been idle"
        yield Evidence(0.0 if idle_s >= MIN_CONSTANT_S else -3.0, text, Source.CAPTURE, first.decided_at)
    elif cluster.outcome is Outcome.STALE:
        # A target that closes an idle connection says so by FIN; without one, its end had forgotten the connection.
        text = f"{count} connections that had served before met a reset or silence, without a FIN before"
        yield Evidence(-4.0, text, Source.CAPTURE, first.decided_at)
    elif all(c.new for c in cluster.conversations):
        text = f"{count} of {count} failed connections were new: they had not served before"
        yield Evidence(-8.0, text, Source.CAPTURE, first.at)
    elif timed:
        # The kernel takes what comes before the application's timer closes the socket: the same race, a step later.
        text = (
            f"{found.reused} connections that had served before were ended after a near-constant idleness of "
            f"{found.median_s:.1f} s, {found.raced} of them crossing the request"
        )
        yield Evidence(7.0 if found.raced else 5.5, text, Source.CAPTURE, first.decided_at)
    elif timer is not None:
        text = (
            f"{timer.fitting(cluster.conversations)} connections were ended, with a request that the kernel had just "
            f"taken, after the silence after which {timer}"
        )
        yield Evidence(TAKEN + timer.bits(cluster.conversations), text, Source.CAPTURE, first.decided_at)
    else:
        text = f"the target acknowledged the request before it ended the connection ({cluster.outcome})"
        yield Evidence(-1.0 if waited else -4.0, text, Source.CAPTURE, first.decided_at)


def _at_one_instant(scene: Scene) -> Iterator[Evidence]:
    """No timer closes what has been silent for different times at one instant: somebody stopped the process."""
    found = closed_along(scene.wire, scene.cluster.conversations)
    if found.at_one_instant:
        others, low_s, high_s = len(found.silences_s), found.silences_s[0], found.silences_s[-1]
        text = (
            f"{others} other idle ones were closed at the same instant, after {low_s:.1f} to {high_s:.1f} s of silence"
        )
        # As much as the crossing says for a timer, and that it was none.
        yield Evidence(-11.0, text, Source.CAPTURE, scene.cluster.conversations[0].decided_at)


def _late(cluster: Cluster) -> str:
    late = sum(c.outcome is not Outcome.RACED for c in cluster.conversations)
    times = "once" if late == 1 else f"{late} times"
    return f" ({times} the kernel had taken it just before)" if late else ""


def _idle_s(cluster: Cluster) -> float:
    """Median idleness before the failed request; 0 where it was the first on its connection."""
    return median([c.idle_before_request_s or 0.0 for c in cluster.conversations])


def _log(scene: Scene) -> Iterator[Evidence]:
    cluster = scene.cluster
    if not cluster.logged or cluster.phase is Phase.UNKNOWN:
        return
    first = cluster.logged[0].request
    waits_s = [p.request.wait_s for p in cluster.logged if p.request.wait_s is not None]
    if cluster.manner is Manner.RACED:
        yield from said_idle(scene)
    elif waits_s and median(waits_s) <= ROUND_TRIP_S:
        text = f"the connection was gone {median(waits_s) * 1000:.0f} ms (median) after the request was sent"
        yield Evidence(1.5, text, Source.ACCESS_LOG, first.at)
    elif waits_s:
        text = f"the connection was gone only {median(waits_s):.2f} s (median) after the request was sent"
        yield Evidence(-3.0, text, Source.ACCESS_LOG, first.at)
    if cluster.outcome is None:
        yield from _gaps(scene)


def _gaps(scene: Scene) -> Iterator[Evidence]:
    """The target's keep-alive timeout, read off the silence before the failures.

    Only long and constant silences say much: a log shows the silence of the target, not of one connection, and a pool
    has other connections in use.
    """
    places = scene.cluster.logged
    gaps_s = before_bursts(places)
    if not gaps_s:
        return
    busy = sum(gap_s < MIN_CONSTANT_S for gap_s in gaps_s)
    if gaps_s[0] >= MIN_IDLE_S and near_constant(gaps_s):
        text = f"{len(gaps_s)} bursts with failures came after a near-constant silence of {median(gaps_s):.1f} s"
        rhythm = scene.traffic is None or is_rhythm(scene.traffic, median(gaps_s))
        if rhythm:
            # With a load of that rhythm, whatever fails comes after that silence.
            text = f"{text}; so does what is served, as far as it is known"
        yield Evidence(0.0 if rhythm else 4.0, text, Source.ACCESS_LOG, places[0].request.at)
    elif busy > len(gaps_s) / 2:
        text = f"{busy} of {len(gaps_s)} bursts with failures came while the target was busy, not after a silence"
        yield Evidence(-1.0, text, Source.ACCESS_LOG, places[0].request.at)
    elif gaps_s[-1] > gaps_s[0] * (1 + CONSTANT) and not near_constant(gaps_s):
        # Two that differ are no single timeout; four that agree are one.
        text = f"the silence before the failures varies ({gaps_s[0]:.1f} to {gaps_s[-1]:.1f} s): no single timeout"
        yield Evidence(-1.0, text, Source.ACCESS_LOG, places[0].request.at)


SUSPECT = Suspect(
    name="keepalive-race",
    kind=Kind.FAULT,
    title="the target closed an idle connection just as it was used again",
    prior=0.12,
    judge=judge,
    ceiling_bits={Source.ACCESS_LOG: 5.5},  # a log does not say whether the connection was a pooled one
    expects={
        "host": {"listener-well": 0.95, "drops-grow": 0.01, "restarted": 0.02},
        "capture": {"reused-cut": 0.97},
        "error-log": {"reset": 0.5, "closed": 0.48},
        "access-log": {"cut": 0.95},
    },
    remedies=(KEEP_LONGER,),
)
