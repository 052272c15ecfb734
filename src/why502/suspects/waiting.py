"""Requests that waited in the proxy for a connection to a target: what its limit on them says of both ends.

HAProxy's `maxconn` of a server and Envoy's circuit breakers bound what a target gets at once. Where the bound is
reached, either the target takes too long for its load, or the bound is too low: the same lines tell of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.at_their_limit import perhaps_at_their_limit
from why502.facts.scene import Basis
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner, Phase
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, Scene

IN_BETWEEN: Final = (
    "while others were served in the same seconds and no attempt had failed: it says so as well of servers that have "
    "max_conns connections"
)


def waited_in_proxy(scene: Scene) -> bool:
    """Whether every connection that the proxy may have to its targets was taken, or may have been (nginx)."""
    return _told_so(scene.cluster) or perhaps_at_their_limit(scene)


def _told_so(cluster: Cluster) -> bool:
    return cluster.phase is Phase.NO_TARGET and cluster.manner in (Manner.TIMEOUT, Manner.EXHAUSTED)


def all_taken(scene: Scene) -> Iterator[Evidence]:
    """The proxy's word that no more connections to its targets were allowed."""
    cluster = scene.cluster
    if cluster.basis is Basis.METRICS and _told_so(cluster):
        text = f"the proxy counted {count(cluster.count, 'request')} that its own limit on waiting turned away"
        yield Evidence(5.0, text, Source.METRICS, Place(scene.path_of(Source.METRICS)))
    if not cluster.logged or not waited_in_proxy(scene):
        return
    first = cluster.logged[0].request
    how = "timed out in the proxy's queue" if cluster.manner is Manner.TIMEOUT else "were turned away"
    said = f" ({first.reason})" if first.reason else ""
    if not _told_so(cluster):
        text = f"{count(cluster.count, 'request')} found no server that nginx may use{said}, {IN_BETWEEN}"
        yield Evidence(5.0, text, Source.ERROR_LOG if first.reason else Source.ACCESS_LOG, first.told_at)
        return
    text = f"the targets had no room: {count(cluster.count, 'request')} {how}{said}"
    # The same lines for two suspects: only their priors part them.
    yield Evidence(5.0, text, Source.ACCESS_LOG, first.told_at)
