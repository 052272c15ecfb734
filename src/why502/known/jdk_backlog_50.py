"""Java's default backlog of 50

`ServerSocket` and `ServerSocketChannel` listen with 50 where the program gives no number, and so do Jetty and what is
built on it (Apache Druid, SkyWalking). Bursts of more than 51 connections overflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.known.matching import software
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

DEFAULT: Final = 50


def matches(window: ListenerWindow) -> str | None:
    """The very number."""
    if window.listener.backlog != DEFAULT or software(window, "java") is None:
        return None
    return "50 is what Java takes where the program gives no backlog"


KNOWN = KnownIssue(
    id="jdk-backlog-50",
    software="Java, Jetty",
    affected="all, by default",
    condition="backlog-too-small",
    matches=matches,
    source="https://github.com/apache/druid/issues/15596",
    remedies=(Remedy("Set the accept queue size (Jetty: acceptQueueSize) to 1024."),),
    recognised_by="a backlog of 50 in a JVM",
    certainty=1,
)
