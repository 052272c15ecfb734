"""How suspects weigh the timers that a configuration sets; where none is given, nothing is said."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from why502.facts.durations import spent_s
from why502.facts.timers import EARLY_S, pool_timers, set_for, whose
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, Scene
    from why502.model.settings import Setting

SHORTER = 0.9
"""A pool that gives connections up before this share of the idleness in question holds none as old as that."""


def timer_named(scene: Scene) -> Iterator[Evidence]:
    """Which configured timer gave the requests up.

    It tells nobody's guilt: whatever keeps a target from answering ends at the same timer. So it is worth no bits,
    and is there to be read.
    """
    cluster = scene.cluster
    if cluster.phase not in (Phase.WAIT, Phase.UNKNOWN) or cluster.manner is not Manner.TIMEOUT or not cluster.logged:
        return
    proxy, group = cluster.logged[0].request.proxy, _group(cluster)
    known = list(set_for(scene.case.settings, proxy, cluster.phase, cluster.manner, group))
    lasted_s = [seen_s for p in cluster.logged if (seen_s := spent_s(p.request)) is not None]
    if not known or not lasted_s:
        return
    due = whose(scene.case.settings, proxy, cluster.phase, cluster.manner, median(lasted_s), group)
    if due is not None and due.at is not None:
        text = f"they ended when the configured timer ran out: {due.name}" + (
            f", {due.times} times" if due.times > 1 else ""
        )
        yield Evidence(0.0, text, Source.CONFIGURATION, due.at)
    else:
        text = (
            f"they lasted {median(lasted_s):.1f} s, which is not the configured {known[0].name} {known[0].seconds:g} s"
        )
        yield Evidence(0.0, text, Source.CONFIGURATION, known[0].at)


def pool_against(scene: Scene, idle_s: float, *, keeps: float, gives_up: float) -> Iterator[Evidence]:
    """Whether the proxy keeps connections for as long as those had been idle: bits if it does, and if it does not.

    A log tells only how long the target was silent, so that connections cannot have been idle for less.
    """
    if not idle_s:
        return
    found = _pools(scene)
    if not found:
        return
    longest = max(found, key=lambda s: s.seconds or 0.0)
    kept_s = longest.seconds or 0.0
    text = (
        f"the configured {longest.name} of the proxy is {kept_s:g} s{' in ' + longest.scope if longest.scope else ''}"
    )
    if kept_s < idle_s * SHORTER - EARLY_S and scene.cluster.conversations:
        # The wire is proof: connections were that old, whatever a file says.
        text += f", but connections were idle for {idle_s:.1f} s: that configuration was not in force"
        yield Evidence(0.0, text, Source.CONFIGURATION, longest.at)
    elif kept_s < idle_s * SHORTER - EARLY_S:
        text += f": it would have closed connections before they were idle for {idle_s:.1f} s"
        yield Evidence(gives_up, text, Source.CONFIGURATION, longest.at)
    elif kept_s > idle_s and len({s.seconds for s in found}) == 1:
        text += f", longer than the {idle_s:.1f} s after which they failed"
        yield Evidence(keeps, text, Source.CONFIGURATION, longest.at)


def _pools(scene: Scene) -> tuple[Setting, ...]:
    cluster = scene.cluster
    proxies = {p.request.proxy for p in cluster.logged} or {s.proxy for s in scene.case.settings}
    # A capture does not tell whose pool it was: with configurations of two kinds of proxies nobody knows.
    return pool_timers(scene.case.settings, proxies, _group(cluster)) if len(proxies) == 1 else ()


def _group(cluster: Cluster) -> str | None:
    """The one group that all failures name."""
    told = Counter(p.request.group for p in cluster.logged)
    return next(iter(told)) if len(told) == 1 else None
