"""Kubernetes stops a pod while requests still go there

SIGTERM and the removal from the endpoints run side by side: for 1 to 10 s traffic arrives at a listener that is closed.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue, not_on_a_host
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="kubernetes-43576",
    software="Kubernetes",
    affected="all",
    condition="target-restarted",
    matches=not_on_a_host,
    source="https://github.com/kubernetes/kubernetes/issues/43576",
    remedies=(Remedy("Add a preStop sleep of 5 to 15 s, stop gracefully, maxUnavailable: 0."),),
    recognised_by="failures at the very times of rollouts (give the list of changes), and a pod without a preStop hook",
    certainty=1,
)
