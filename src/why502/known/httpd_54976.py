"""Apache's prefork ignores the ttl of pooled connections

`ttl` of ProxyPass has no effect with the prefork module, so connections are reused at any age: 502 with `AH01102`.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue, not_on_a_host
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="httpd-54976",
    software="Apache httpd",
    affected="prefork",
    condition="keepalive-race",
    matches=not_on_a_host,
    source="https://bz.apache.org/bugzilla/show_bug.cgi?id=54976",
    remedies=(Remedy("SetEnv proxy-initial-not-pooled 1, or use the event module."),),
    recognised_by="`apachectl -V` (Server MPM: prefork) and AH01102 in the error log",
    certainty=1,
)
