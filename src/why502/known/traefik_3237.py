"""Traefik keeps connections to targets for 90 seconds

`idleConnTimeout` is 90 s, and could not be set before #4983; targets close earlier, and the request is answered with
502 and `EOF` in the log.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="traefik-3237",
    software="Traefik",
    affected="all, by default",
    condition="keepalive-race",
    matches=runs("traefik", so="as a proxy it keeps idle connections for 90 s, longer than most targets do"),
    source="https://github.com/traefik/traefik/issues/3237",
    remedies=(Remedy("Set serversTransport.forwardingTimeouts.idleConnTimeout below the idle limit of the targets."),),
    recognised_by="the build info of the binary",
    certainty=1,
)
