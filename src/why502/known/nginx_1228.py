"""nginx from 1.29.7 on refuses Content-Length beside Transfer-Encoding

HTTP/1.1 towards upstreams became the default, and with it the strict reading of responses that have both.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="nginx-1228",
    software="nginx",
    affected="1.29.7 and later",
    condition="malformed-response",
    matches=runs(
        "nginx", first="1.29.7", so="as a proxy it refuses responses with both Content-Length and Transfer-Encoding"
    ),
    source="https://github.com/nginx/nginx/issues/1228",
    remedies=(Remedy("Fix the application; until then proxy_http_version 1.0."),),
    recognised_by="the version of the binary",
    certainty=1,
)
