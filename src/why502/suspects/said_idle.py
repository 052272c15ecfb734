"""`http: server closed idle connection`: Go's word for a connection that was closed before a request was written.

`readLoopPeekFailLocked` (net/http, transport.go) says so of any connection on which no answer is expected, also of one
that had just been opened; `shouldRetryRequest` sends what may be repeated (GET, HEAD, OPTIONS, TRACE) on another
connection unless this one was new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase
from why502.model.words import count
from why502.suspects.weighing import proxy_says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, Scene

REPEATED: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""`isReplayable`, net/http/request.go."""
SAID: Final = 9.0
FEW: Final = 0.1
"""Of the requests that one target cut: a target that turns new connections away is that much slower than the proxy
once in a while."""


def said_idle(scene: Scene) -> Iterator[Evidence]:
    """What Go's word is worth for pooled connections."""
    cluster, first = scene.cluster, scene.cluster.logged[0].request
    others = sum(other.count for other in scene.others if _cut(other))
    new = [c for c in scene.wire.failed if c.new] if scene.wire is not None else []
    if all(place.request.method in REPEATED for place in cluster.logged):
        text = f"{count(cluster.count, 'request')} that net/http repeats by itself unless the connection was new"
        yield Evidence(-3.0, text, Source.ERROR_LOG, first.told_at)
    elif scene.wire is not None and len(new) > len(scene.wire.failed) / 2:
        text = f"{len(new)} of {len(scene.wire.failed)} connections that failed at the target were new"
        yield Evidence(-3.0, text, Source.CAPTURE, new[0].decided_at)
    elif cluster.count < FEW * (cluster.count + others):
        text = (
            f"only {cluster.count} of {cluster.count + others} requests that the target cut are told so: {first.reason}"
        )
        yield Evidence(-1.0, text, Source.ERROR_LOG, first.told_at)
    else:
        yield proxy_says(cluster, SAID)


def _cut(cluster: Cluster) -> bool:
    return cluster.phase in (Phase.SEND, Phase.WAIT) and cluster.manner in (Manner.CUT, Manner.CLOSED, Manner.RESET)
