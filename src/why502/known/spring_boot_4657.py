"""Spring Boot up to 3.3 stops without waiting

`server.shutdown` was `immediate` until 3.4 made it `graceful`: requests in flight are cut off at each deployment.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="spring-boot-4657",
    software="Spring Boot",
    affected="before 3.4, by default",
    condition="target-restarted",
    matches=runs(
        "spring-boot", fixed="3.4.0", so="it stops at once, unless server.shutdown=graceful is set (from 2.3 on)"
    ),
    source="https://github.com/spring-projects/spring-boot/issues/4657",
    remedies=(Remedy("Set server.shutdown=graceful."),),
    recognised_by="the jars that the JVM holds open",
    certainty=1,
)
