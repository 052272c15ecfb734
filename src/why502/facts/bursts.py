"""Failures that come with bursts after silence, read off an access log alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.model.evidence import Place
from why502.model.traffic import IDLE_S, TargetTraffic

if TYPE_CHECKING:
    from why502.facts.scene import Cluster

BURST_LEN = 3
"""Fewer connections than this at once fit into the smallest accept queue that occurs (backlog 1 holds 2)."""


MOST = 0.6
IDLE_RATIO = 3.0
"""How much more often requests must fail in bursts after idle spells than otherwise."""


class AfterIdle(Struct, frozen=True):
    """How failures relate to silence before them. Rates are shares of requests."""

    failures: int
    """Failures whose time is known."""
    in_bursts: int
    """...of which began in bursts of at least `BURST_LEN` after at least `IDLE_S` of silence."""
    rate: float
    """Share of failed requests right after silence."""
    rate_otherwise: float
    first: Place | None

    @property
    def stands_out(self) -> bool:
        """Most failures lie there, and requests failed far more often there than otherwise."""
        often = self.rate >= IDLE_RATIO * self.rate_otherwise
        return often and self.in_bursts >= BURST_LEN and self.in_bursts >= MOST * self.failures

    def __str__(self) -> str:
        return (
            f"{self.in_bursts} of {self.failures} failures lie in bursts of {BURST_LEN} or more after at least "
            f"{IDLE_S:.0f} s of silence; there {self.rate:.1%} failed, otherwise {self.rate_otherwise:.1%}"
        )


def after_idle(cluster: Cluster, traffic: TargetTraffic) -> AfterIdle:
    """Compares this cluster's failures with everything else that its target served."""
    places = [p for p in cluster.logged if p.idle_before_s is not None]
    bursts = [p for p in places if (p.idle_before_s or 0.0) >= IDLE_S and p.burst_len >= BURST_LEN]
    others = traffic.requests - traffic.after_idle
    return AfterIdle(
        failures=len(places),
        in_bursts=len(bursts),
        rate=traffic.after_idle_failed / max(1, traffic.after_idle),
        rate_otherwise=(traffic.failed - traffic.after_idle_failed) / max(1, others),
        first=bursts[0].request.at if bursts else None,
    )
