"""Docker Swarm forgets idle connections after fifteen minutes

IPVS drops the entry after 900 s and tells nobody: the next request goes into the void until the read timeout.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue, not_on_a_host
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="swarm-31208",
    software="Docker Swarm",
    affected="all",
    condition="stale-connection",
    matches=not_on_a_host,
    source="https://github.com/moby/moby/issues/31208",
    remedies=(Remedy("Set net.ipv4.tcp_keepalive_time below 900 s."),),
    recognised_by="requests that hang on connections which were idle for 900 s",
    certainty=1,
)
