"""Jetty closes idle connections after thirty seconds

`idleTimeout` is 30 s in Jetty and in what is built on it: Dropwizard (every version) and WireMock. nginx, ALB and GCLB
keep theirs for 60 s and more.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import SHORTEST_POOL_S, closes_idle_within
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="jetty-2791",
    software="Jetty, Dropwizard, WireMock",
    affected="all, by default",
    condition="idle-timeout-too-short",
    matches=closes_idle_within(SHORTEST_POOL_S, "Jetty", "Dropwizard", "WireMock"),
    source="https://github.com/jetty/jetty.project/issues/2791",
    remedies=(Remedy("Set the idle timeout above that of the proxy (Dropwizard: idleTimeout: 75s of the connector)."),),
    recognised_by="the jars that the JVM holds open",
    certainty=1,
)
