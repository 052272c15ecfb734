"""nginx before 1.21.1 failed on a GOAWAY of a pooled gRPC connection

A GOAWAY that came while the connection was idle in the pool made the next request fail with 502.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="nginx-grpc-goaway",
    software="nginx",
    affected="before 1.21.1",
    condition="http2-goaway-race",
    matches=runs(
        "nginx", fixed="1.21.1", so="as a gRPC proxy it fails on a GOAWAY that comes while a connection is idle"
    ),
    source="https://nginx.org/en/CHANGES",
    remedies=(Remedy("Upgrade nginx."),),
    recognised_by="the version of the binary",
    certainty=1,
)
