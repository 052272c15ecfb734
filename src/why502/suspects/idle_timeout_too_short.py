"""Idle timeout too short

What happens
------------
The target closes idle connections sooner than the proxy does, so the proxy's pool holds connections that are about to
be closed under its hands.

How it looks from the proxy
---------------------------
Not at all, until a request meets a connection in that moment (see keepalive-race).

What gives it away
------------------
The idleness of raced connections, or the silence before failures in a log: near-constant, and equal to a known default
(2 s gunicorn, 5 s Node.js and Apache httpd, 20 s Puma and Tomcat, 30 s Jetty, 60 s Spring Boot).

What clears it
--------------
Connections that the target kept for longer than the proxy's idle timeout, or a configuration of the proxy with a
shorter one. Failures on connections that were new: no timeout had run on them, however long it had been silent before.

What to do
----------
Make the target's keep-alive timeout some seconds longer than the proxy's.

Sources
-------
AWS documentation of ALB idle timeout (60 s); nginx `keepalive_timeout` of upstream blocks (60 s).
"""

from __future__ import annotations

from statistics import median, quantiles
from typing import TYPE_CHECKING

from why502.facts.idle_timer import idle_timer
from why502.facts.silences import before_bursts, is_rhythm
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.suspects.configured import pool_against
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed
from why502.suspects.limited import keepalive_against

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, Scene

LONGER = Remedy(
    "Make the target's keep-alive timeout some seconds longer than the proxy's idle timeout (65 s against 60 s)."
)
CONSTANT = 0.1
"""Gaps whose quartiles differ by less than this share of their median are one timeout, not chance."""
MIN_GAPS = 4
MOSTLY = 0.9
"""Share of failures on new connections from which idleness is out of the question for the cluster."""
MIN_IDLE_S = 1.5
"""The shortest keep-alive timeout in use is 2 s (gunicorn)."""


def judge(scene: Scene) -> Judgement:
    evidence = [*_new(scene.cluster)] or [*_wire(scene), *_log(scene)]
    if not evidence:
        return CannotTell((Source.CAPTURE,), "nothing given tells how long connections had been idle when they failed")
    strongest = max(evidence, key=lambda e: abs(e.bits))
    pools = tuple(pool_against(scene, _silence_s(scene.cluster), keeps=3.0, gives_up=-6.0))
    own = tuple(keepalive_against(scene, _silence_s(scene.cluster), agrees=3.0, keeps_longer=-6.0, shorter=2.0))
    pools = (*pools, *own)
    summary = "; ".join(e.text for e in (strongest, *pools))
    return Weighed((*evidence, *pools), summary, remedies=(*_by_setting(scene),))


def _by_setting(scene: Scene) -> Iterator[Remedy]:
    """In the words of the server that was seen to listen there."""
    servers = [window.process.server for window in scene.listeners if window.process and window.process.server]
    for server in servers[:1]:
        if server.keepalive_setting and not server.guessed:
            text = f"{server.name}: raise {server.keepalive_setting}, to some seconds above the proxy's idle timeout."
            yield Remedy(text)


def _silence_s(cluster: Cluster) -> float:
    """How long connections (or the target, as far as a log tells) had been idle; 0: not told."""
    idle_s = [c.idle_before_request_s for c in cluster.conversations if c.idle_before_request_s is not None]
    gaps_s = idle_s or before_bursts(cluster.logged)
    return median(gaps_s) if gaps_s else 0.0


def _new(cluster: Cluster) -> Iterator[Evidence]:
    seen = cluster.conversations
    new = sum(c.opened and c.idle_before_request_s is None for c in seen)
    if new and new >= MOSTLY * len(seen):
        text = f"{new} of {len(seen)} failures were on new connections, which no timeout can have closed"
        yield Evidence(-6.0, text, Source.CAPTURE, seen[0].at)


def _wire(scene: Scene) -> Iterator[Evidence]:
    cluster, timer = scene.cluster, idle_timer(scene.wire)
    if timer is not None and 2 * sum(map(timer.fits, cluster.conversations)) > len(cluster.conversations):
        text = f"the proxy used connections just as the target's idle timeout ran out on them: {timer}"
        yield Evidence(6.0, text, Source.CAPTURE, timer.at)
        return
    idle_s = [c.idle_before_request_s for c in cluster.conversations if c.idle_before_request_s is not None]
    if cluster.outcome is Outcome.RACED and idle_s and median(idle_s) >= MIN_IDLE_S:
        text = f"the target closes connections after {median(idle_s):.1f} s of idleness, and the proxy still uses them"
        yield Evidence(6.0, text, Source.CAPTURE, cluster.conversations[0].decided_at)


def _log(scene: Scene) -> Iterator[Evidence]:
    cluster = scene.cluster
    gaps_s = before_bursts(cluster.logged)
    if len(gaps_s) < MIN_GAPS:
        return
    low_s, typical_s, high_s = quantiles(gaps_s, n=4)
    if typical_s >= MIN_IDLE_S and high_s - low_s <= CONSTANT * typical_s:
        text = f"failures come after {typical_s:.1f} s of silence: about the target's keep-alive timeout"
        bits = 4.0
        if scene.traffic is None or is_rhythm(scene.traffic, typical_s):
            text, bits = (
                f"{text}; but so does what is served, as far as it is known: the load may have this rhythm",
                0.0,
            )
        yield Evidence(bits, text, Source.ACCESS_LOG, cluster.logged[0].request.at)


SUSPECT = Suspect(
    name="idle-timeout-too-short",
    kind=Kind.CONDITION,
    title="the target closes idle connections before the proxy does",
    prior=0.2,
    judge=judge,
    explains=("keepalive-race",),
    remedies=(LONGER,),
)
