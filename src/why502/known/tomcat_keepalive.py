"""Tomcat closes idle connections after 20 or 60 seconds

`keepAliveTimeout` follows `connectionTimeout`: 60 s in the code (and so in Spring Boot), 20 s in the server.xml that is
shipped. Equal to 60 s is the worst case: both ends close at the same time.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import SHORTEST_POOL_S, closes_idle_within
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="tomcat-keepalive",
    software="Tomcat, Spring Boot",
    affected="8.5 to 11, by default",
    condition="idle-timeout-too-short",
    matches=closes_idle_within(SHORTEST_POOL_S, "Tomcat"),
    source="https://github.com/cloudfoundry/java-buildpack/issues/881",
    remedies=(Remedy('Set server.tomcat.keep-alive-timeout=75s (server.xml: keepAliveTimeout="75000").'),),
    recognised_by="the jars that the JVM holds open",
    certainty=1,
)
