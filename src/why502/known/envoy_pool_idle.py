"""Envoy keeps connections to targets for an hour

Longer than nearly every target does: 503 `UC`, upstream_reset_before_response_started. Istio's sidecars inherit it.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="envoy-pool-idle",
    software="Envoy, Istio",
    affected="all, by default",
    condition="keepalive-race",
    matches=runs("envoy", so="as a proxy it keeps idle connections for 1 h, longer than nearly every target does"),
    source="https://github.com/envoyproxy/envoy/issues/14981",
    remedies=(
        Remedy(
            "Set common_http_protocol_options.idle_timeout of the cluster below that of the targets; retry_on: reset."
        ),
    ),
    recognised_by="the binary",
    certainty=1,
)
