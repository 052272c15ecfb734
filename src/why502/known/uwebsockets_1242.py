"""uWebSockets closes idle connections after ten seconds

`HTTP_IDLE_TIMEOUT_S` is 10 s, fixed when it is compiled; hyper-express is built on it.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import SHORTEST_POOL_S, closes_idle_within
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="uwebsockets-1242",
    software="uWebSockets.js, hyper-express",
    affected="all that were reported",
    condition="idle-timeout-too-short",
    matches=closes_idle_within(SHORTEST_POOL_S, "uWebSockets.js", "hyper-express"),
    source="https://github.com/uNetworking/uWebSockets/issues/1242",
    remedies=(Remedy("Lower the idle limit of the proxy below 10 s."),),
    recognised_by="package.json beside the running script",
    certainty=1,
)
