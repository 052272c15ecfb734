"""Cowboy closes idle connections after five seconds

Its `request_timeout` of 5 s is what limits the time between two requests of a connection; `idle_timeout`, which people
raise, is about data inside a request.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import SHORTEST_POOL_S, closes_idle_within
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="cowboy-request-timeout",
    software="Cowboy, Phoenix",
    affected="2, by default",
    condition="idle-timeout-too-short",
    matches=closes_idle_within(SHORTEST_POOL_S, "Phoenix on Cowboy"),
    source="https://github.com/ninenines/cowboy/issues/1286",
    remedies=(Remedy("Set protocol_options: [request_timeout: 75_000] (Phoenix: under http:)."),),
    recognised_by="the library folder of the release",
    certainty=1,
)
