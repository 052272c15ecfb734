"""Bun closes idle connections after ten seconds

`idleTimeout` of Bun.serve is 10 s.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import SHORTEST_POOL_S, closes_idle_within
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="bun-12446",
    software="Bun",
    affected="all, by default",
    condition="idle-timeout-too-short",
    matches=closes_idle_within(SHORTEST_POOL_S, "Bun"),
    source="https://github.com/oven-sh/bun/issues/12446",
    remedies=(Remedy("Set idleTimeout: 75 in Bun.serve."),),
    recognised_by="the binary",
    certainty=1,
)
