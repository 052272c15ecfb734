"""HAProxy reuses a connection that the server has just closed

With http-reuse, a request can be sent into a connection at the moment in which the server closes it; 502 `SH--` if it
was the first request of the client's connection, a silent close otherwise.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="haproxy-2751",
    software="HAProxy",
    affected="reports from 2.2 to 3.1",
    condition="keepalive-race",
    matches=runs(
        "haproxy", first="2.2", fixed="3.2", so="as a proxy it may reuse a connection that the server has just closed"
    ),
    source="https://github.com/haproxy/haproxy/issues/2751",
    remedies=(
        Remedy(
            "Set `retry-on conn-failure empty-response`, with `http-request disable-l7-retry if METH_POST`; or "
            "`pool-max-conn 0` on the server line."
        ),
    ),
    recognised_by="the version of the binary",
    certainty=1,
)
