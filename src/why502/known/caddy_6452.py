"""Caddy keeps connections to targets for two minutes

Longer than Node.js (5 s), Jetty (30 s), Tomcat and most others do: POST requests fail with `connection reset by peer`.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="caddy-6452",
    software="Caddy",
    affected="2, by default",
    condition="keepalive-race",
    matches=runs(
        "caddy", first="2.0.0", so="as a proxy it keeps idle connections for 2 min, longer than most targets do"
    ),
    source="https://github.com/caddyserver/caddy/issues/6452",
    remedies=(
        Remedy("Set `keepalive` in the transport of reverse_proxy below the idle limit of the targets, e.g. 3s."),
    ),
    recognised_by="the build info of the binary",
    certainty=1,
)
