"""Worker pool exhausted

What happens
------------
Every worker (thread, process, connection of a pool behind the service) is busy. New requests are accepted by the
kernel, or by the server, and wait for a worker; the proxy's timer fires first.

How it looks from the proxy
---------------------------
Read timeouts under load, on all paths at once, fast ones included; slow answers just before. With a small backlog the
accept queue overflows as well.

What gives it away
------------------
Connections that wait in the accept queue although the backlog is ample, many of them or for long; requests that were
acknowledged by the kernel and never answered.

In a log, requests that come in small bursts are spared, those in large bursts are given up. In a capture, requests
that come while few are in flight are answered as fast as ever; those that come while as many are as there are workers
wait in a line, and nobody who comes later is answered before.

What clears it
--------------
An accept queue that was sampled through the failures and was always empty; a request that was never acknowledged;
requests that were overtaken by others which came later; a control group whose processor quota was used up: then every
worker stands still.

What to do
----------
Find what the workers wait for (a dump of all threads); give the calls behind them timeouts; then size the pool.

Sources
-------
`sk_ack_backlog` by `inet_diag` (net/ipv4/tcp_diag.c); Apache Tomcat `maxThreads` and `maxConnections`;
a queue with several servers, first come, first served: Kleinrock, Queueing Systems I, 3.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.metered_failures import told_at_once
from why502.facts.standstill import waited
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.accepting import AMPLE_BACKLOG, LONG_QUEUE, LOOKS_IN_A_ROW
from why502.suspects.configured import timer_named
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed
from why502.suspects.leaving import hung_up
from why502.suspects.limited import workers_busy
from why502.suspects.paused import paused
from why502.suspects.queued import queued
from why502.suspects.server_says import no_worker_free
from why502.suspects.standing_still import HELD, held, woke_at_once
from why502.suspects.throttled import throttled
from why502.suspects.waiting import all_taken, waited_in_proxy
from why502.suspects.way_gone import EXPLAINED, way_gone
from why502.suspects.weighing import given_up, lost_on_the_way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import ListenerWindow, Scene

LOG_CROWDS = 1.5
"""By a log alone: a full accept queue spares small bursts as well, and gets as much for it. The wire parts them."""


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.side in (Side.TARGET, Side.CLIENT):
        return DoesNotApply("no timer of the proxy made this status")
    if waited_in_proxy(scene):
        text = f"The targets were busy: {count(cluster.count, 'request')} waited in the proxy for one that had room."
        return Weighed((*all_taken(scene),), text, (Source.HOST,))
    if cluster.phase not in (Phase.WAIT, Phase.UNKNOWN) or cluster.manner not in (Manner.TIMEOUT, Manner.UNKNOWN):
        return DoesNotApply(f"the exchange did not end by waiting for an answer ({cluster.phase}, {cluster.manner})")
    if told_at_once(scene.case.metrics, cluster):
        return DoesNotApply("an ALB whose timer fires answers 504, and these were 502")
    # A pool whose workers wait for others uses little processor; a group that stands still accepts late as well.
    stands_still = throttled(scene, -2.0)
    evidence = [
        *no_worker_free(scene),
        *(one for one in _queue(scene) if one.bits < 0 or not stands_still),
        *_capture(scene),
        *held(scene, -HELD),
        *paused(scene, -2.0),
        *woke_at_once(scene, -1.5),
        *given_up(scene),
        *stands_still,
        *hung_up(scene, -1.0),
        *way_gone(scene, EXPLAINED),
        *workers_busy(scene),
        *queued(
            scene,
            places=3.5,
            in_line=1.0,
            overtaken=-2.5,
            spared=3.5 if cluster.conversations else LOG_CROWDS,
            not_spared=-2.5,
        ),
    ]
    missing = tuple(s for s in (Source.HOST,) if not scene.looked(s))
    if not evidence:
        return CannotTell(missing or (Source.HOST,), "nothing given tells whether requests waited for a worker")
    text = f"{cluster.target or 'The target'} had no free worker: requests waited until the proxy gave up."
    return Weighed((*evidence, *timer_named(scene)), text, missing)


def _queue(scene: Scene) -> Iterator[Evidence]:
    for window in scene.listeners:
        backlog, longest = window.listener.backlog, window.queue_len_max
        if backlog >= AMPLE_BACKLOG and longest >= LONG_QUEUE and _meanwhile(scene, window):
            text = f"up to {longest} connections waited to be accepted at {window.listener.address} (backlog {backlog})"
            yield Evidence(5.0, text, Source.HOST, window.at)
        elif backlog >= AMPLE_BACKLOG and window.standing[0] >= LOOKS_IN_A_ROW:
            looks, fewest = window.standing
            where = f"at {window.listener.address}, {looks} looks in a row"
            text = f"{fewest} connections and more waited to be accepted {where}"
            yield Evidence(4.0, text, Source.HOST, window.at)
        elif window.queue_full_s is not None and longest <= 1:
            # Servers that accept at once and queue inside are full all the same, so this clears only a little.
            text = f"the accept queue of {window.listener.address} was sampled and never held more than {longest}"
            yield Evidence(-1.0, text, Source.HOST, window.at)


def _meanwhile(scene: Scene, window: ListenerWindow) -> bool:
    """Whether that queue was there while most of the failures waited: a burst before them is soon accepted."""
    long = [(from_s, to_s) for from_s, to_s, longest in window.queues if longest >= LONG_QUEUE]
    spans_s = [span for failure in scene.cluster.failures if (span := waited(failure)) is not None]
    met = sum(any(from_s <= end_s and begin_s <= to_s for from_s, to_s in long) for begin_s, end_s in spans_s)
    return not spans_s or 2 * met > len(spans_s)


def _capture(scene: Scene) -> Iterator[Evidence]:
    cluster = scene.cluster
    if cluster.outcome is Outcome.NEVER_ACKNOWLEDGED:
        text = f"never acknowledged, so waiting for no worker: {count(len(cluster.conversations), 'request')}"
        yield Evidence(-7.0, text, Source.CAPTURE, cluster.conversations[0].decided_at)
    elif cluster.outcome is Outcome.NOT_ANSWERED:
        text = f"acknowledged and not answered: {count(len(cluster.conversations), 'request')}"
        yield Evidence(4.0, text, Source.CAPTURE, cluster.conversations[0].decided_at)
        yield from lost_on_the_way(scene, 5.5)


SUSPECT = Suspect(
    name="worker-pool-exhausted",
    kind=Kind.FAULT,
    title="requests waited for a free worker until the proxy gave up",
    prior=0.07,
    judge=judge,
    ceiling_bits={Source.ACCESS_LOG: 5.0},  # a full accept queue needs crowds as well
    expects={
        "host": {"listener-well": 0.7, "drops-grow": 0.28},
        "capture": {"acknowledged-silence": 0.85, "syn-unanswered": 0.08},
        "error-log": {"read-timeout": 0.9},
        "access-log": {"wait-timeout": 0.9},
    },
    remedies=(
        Remedy("Find what the workers wait for: dump all threads while it happens."),
        Remedy("Give the calls behind the workers timeouts, then size the pool to the load."),
    ),
)
