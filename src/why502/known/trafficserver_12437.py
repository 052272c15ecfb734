"""Traffic Server answered 502 without a line in its log

A lost race on a pooled connection was answered with 502, and nothing was written.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue, not_on_a_host
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="trafficserver-12437",
    software="Apache Traffic Server",
    affected="before PR 12437 (late 2025)",
    condition="keepalive-race",
    matches=not_on_a_host,
    source="https://github.com/apache/trafficserver/pull/12437",
    remedies=(
        Remedy(
            "Upgrade; lower proxy.config.http.keep_alive_no_activity_timeout_out below the idle limit of the targets."
        ),
    ),
    recognised_by="502 at the client that has no line in the proxy's log; the source names no release with the fix",
    certainty=1,
)
