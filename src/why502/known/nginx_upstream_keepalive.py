"""nginx before 1.15.3 kept upstream connections without limit

`keepalive_timeout` inside `upstream` came with 1.15.3. Before, a pooled connection was used as long as the target had
not closed it, so every target lost the race now and then.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="nginx-upstream-keepalive",
    software="nginx",
    affected="before 1.15.3, with keepalive in upstream",
    condition="keepalive-race",
    matches=runs("nginx", fixed="1.15.3", so="its upstream connections have no idle limit of their own"),
    source="https://github.com/kubernetes/ingress-nginx/issues/3099",
    remedies=(
        Remedy("Upgrade nginx and set keepalive_timeout in the upstream block below the idle limit of the targets."),
    ),
    recognised_by="the version of the binary",
    certainty=1,
)
