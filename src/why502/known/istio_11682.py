"""The sidecar stops listening at once when its pod is deleted

Envoy drops the inbound listener although the application still serves: 503 UF or UC at every rollout.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue, not_on_a_host
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="istio-11682",
    software="Istio",
    affected="reported for 1.1",
    condition="target-restarted",
    matches=not_on_a_host,
    source="https://github.com/istio/istio/issues/11682",
    remedies=(Remedy("Set EXIT_ON_ZERO_ACTIVE_CONNECTIONS and a drain duration."),),
    recognised_by="failures at the very times of rollouts, with Envoy flags UF or UC",
    certainty=1,
)
