"""nginx from 1.23.0 on refuses a duplicate Transfer-Encoding

Applications that pass on the headers of a response they fetched themselves send it twice: 502 with `upstream sent
duplicate header line` after an upgrade of the proxy.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="nginx-11162",
    software="nginx",
    affected="1.23.0 and later",
    condition="malformed-response",
    matches=runs(
        "nginx", first="1.23.0", so="as a proxy it refuses responses with a header sent twice (Transfer-Encoding)"
    ),
    source="https://github.com/kubernetes/ingress-nginx/issues/11162",
    remedies=(Remedy("Fix the application: do not copy hop-by-hop headers."),),
    recognised_by="the version of the binary; in the error log 'upstream sent duplicate header line'",
    certainty=1,
)
