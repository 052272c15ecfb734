"""nginx 1.29.7 turned upstream keep-alive on by default

Every explicit `upstream` block has a pool of 32 from then on: races with targets appear that never were while each
request had a connection of its own.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="nginx-1-29-7-keepalive",
    software="nginx",
    affected="1.29.7 and later",
    condition="keepalive-race",
    matches=runs("nginx", first="1.29.7", so="upstream blocks pool connections by default"),
    source="https://nginx.org/en/CHANGES",
    remedies=(Remedy("Set `keepalive 0;` in the upstream block, or a longer idle limit in the targets."),),
    recognised_by="the version of the binary",
    certainty=1,
)
