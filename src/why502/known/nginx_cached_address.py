"""nginx still sends to an address of yesterday

Names in `proxy_pass` are resolved once, at the start. A container that was made anew has another address: refused or
unreachable until the next reload.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue, not_on_a_host
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="nginx-cached-address",
    software="nginx",
    affected="all, without `resolve`",
    condition="target-unreachable",
    matches=not_on_a_host,
    source="https://nginx.org/en/docs/http/ngx_http_upstream_module.html",
    remedies=(
        Remedy("Use `server NAME resolve` with `zone` (nginx 1.27.3), or a variable in proxy_pass with `resolver`."),
    ),
    recognised_by="the address in nginx's error log differs from what the name resolves to now",
    certainty=1,
)
