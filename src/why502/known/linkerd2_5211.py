"""linkerd's proxy kept connections longer than the application

Its pool outlived the application's connections; shortened in the releases 2.9 and 2.10.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue, not_on_a_host
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="linkerd2-5211",
    software="linkerd2-proxy",
    affected="before 2.9 / 2.10",
    condition="keepalive-race",
    matches=not_on_a_host,
    source="https://github.com/linkerd/linkerd2/issues/5211",
    remedies=(Remedy("Upgrade linkerd."),),
    recognised_by="the image tag of the sidecar: the binary's own version number is another one",
    certainty=1,
)
