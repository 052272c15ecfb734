"""Clients that left: what the proxy saw of it, and where no log tells, what a capture behind the proxy shows of it."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from why502.facts.patience import patience
from why502.model.evidence import Evidence, Source
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, Scene

SOON_S = 0.05
"""Sooner, tenths of a second say nothing."""
SEEN = 10.0
"""The status is made for nothing else (499, 460)."""

OUTLIVED = 2.5
"""Proxies can have a timer for each path (nginx `location`): no proof, and nothing where a timer was seen."""
UNEQUAL = 1.0
TIMED = 1.5
"""Programs that are clients have timers as well, and some are as exact."""
EACH = 0.75
"""A client's timer begins before the proxy sends: three of five of its waits fall where all of the proxy's do."""


def clients_left(cluster: Cluster) -> Evidence:
    """The proxy's word for it; the cluster's failures are in a log."""
    text = f"the proxy saw {count(cluster.count, 'client')} leave{after(cluster)}"
    return Evidence(SEEN, text, Source.ACCESS_LOG, cluster.logged[0].request.at)


def after(cluster: Cluster) -> str:
    """', after 3.0 s (median)'; '' if nothing tells how long they had waited."""
    totals_s = [p.request.total_s for p in cluster.logged if p.request.total_s is not None]
    if not totals_s:
        return ""
    middle_s = median(totals_s)
    if middle_s < SOON_S:
        return f", within {SOON_S * 1000:.0f} ms"
    return f", after {middle_s:.1f} s{' (median)' if len(totals_s) > 1 else ''}"


def hung_up(scene: Scene, sign: float) -> Iterator[Evidence]:
    """Whether clients or a timer made the proxy hang up; `sign` is 1 for clients, -1 for what a timer ended."""
    found = patience(scene)
    if found is None:
        return
    from_s, to_s = found.spread_s
    if found.outlived and not found.timed:
        text = (
            f"{found.outlasted} requests were answered after up to {found.longest_s:.3g} s, others given up after "
            f"{to_s:.3g} s: no timer that ended these can have been the proxy's for all"
        )
        yield Evidence(sign * OUTLIVED, text, Source.CAPTURE, found.at)
    if found.unequal:
        text = (
            f"given up after {from_s:.3f} to {to_s:.3f} s ({found.early} of {found.requests} before a timer could fire)"
        )
        yield Evidence(sign * UNEQUAL, text, Source.CAPTURE, found.at)
    elif found.timed and sign > 0:
        text = f"{found.at_round} of {found.requests} were given up at {found.round_s:g} s, as by a timer of the proxy"
        yield Evidence(-min(TIMED, EACH * found.requests), text, Source.CAPTURE, found.at)
