"""nginx runs out of worker_connections

A proxied request takes two connections; at the limit nginx closes or answers 500.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue, not_on_a_host
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="nginx-worker-connections",
    software="nginx",
    affected="all",
    condition="proxy-exhausted",
    matches=not_on_a_host,
    source="https://github.com/kubernetes/ingress-nginx/issues/2734",
    remedies=(Remedy("Raise worker_connections and worker_rlimit_nofile."),),
    recognised_by="the alert 'worker_connections are not enough' in nginx's error log",
    certainty=1,
)
