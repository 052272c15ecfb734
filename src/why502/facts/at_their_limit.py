"""nginx's `no live upstreams` while its servers are well: each has as many connections as `max_conns` allows.

`ngx_http_upstream_get_round_robin_peer` passes over servers that are marked `down`, that failed `max_fails` times
within `fail_timeout`, or that reached `max_conns`; it says the same of all three. A server is marked as failed by
nothing but a failed attempt, and the error log tells of each; for `fail_timeout` after it nothing is sent there. So
where requests are served in between all the time, and no attempt failed, the servers may be busy, or others than those
that served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.model.requests import Phase, Side

if TYPE_CHECKING:
    from why502.facts.scene import Scene
    from why502.model.requests import Request

WORDS: Final = "no live upstreams"
BAD_GATEWAY: Final = 502
"""ingress-nginx answers 503 for a service without endpoints."""
FEWEST: Final = 5
MOSTLY: Final = 0.8
LONGEST_INTERVAL_S: Final = 5.0
"""In longer ones an outage and what was served before it lie side by side (`fail_timeout` is 10 s)."""


def perhaps_at_their_limit(scene: Scene) -> bool:
    """Whether these failures may be of servers that were busy rather than away."""
    cluster, traffic = scene.cluster, scene.case.traffic
    if cluster.phase is not Phase.NO_TARGET or traffic is None or traffic.interval_s > LONGEST_INTERVAL_S:
        return False
    if not cluster.logged or not all(_told(place.request) for place in cluster.logged):
        return False
    if any(kind.phase is not Phase.NO_TARGET and kind.side is not Side.CLIENT for kind in traffic.kinds):
        return False
    failing = [interval for interval in traffic.intervals if interval.by_gateway]
    served = sum(interval.requests > interval.by_gateway + interval.by_target for interval in failing)
    return len(failing) >= FEWEST and served >= MOSTLY * len(failing)


def _told(request: Request) -> bool:
    """In the error log's words; or by the name of the group, which nginx logs in place of an address then."""
    if request.reason is not None:
        return WORDS in request.reason
    return request.proxy == "nginx" and request.group is not None and request.status == BAD_GATEWAY
