"""Spring Cloud Gateway uses pooled connections of any age

The pool of reactor-netty's client has no idle limit by default, so the gateway sends requests into connections that the
target is just closing: `Connection prematurely closed BEFORE response`.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="spring-cloud-gateway-1148",
    software="Spring Cloud Gateway",
    affected="all, by default",
    condition="keepalive-race",
    matches=runs(
        "spring-cloud-gateway-server",
        "spring-cloud-gateway-core",
        so="as a proxy it keeps idle connections without limit, unless max-idle-time is set",
    ),
    source="https://github.com/spring-cloud/spring-cloud-gateway/issues/1148",
    remedies=(
        Remedy("Set spring.cloud.gateway.httpclient.pool.max-idle-time below the idle limit of the targets, e.g. 3s."),
    ),
    recognised_by="the jars that the JVM holds open",
    certainty=1,
)
