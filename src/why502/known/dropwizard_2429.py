"""Dropwizard reads only the first digit of the system's backlog

Dropwizard 1.3.0-rc7 to 1.3.6 read `net.core.somaxconn` with `Files.readAllBytes` where `acceptQueueSize` is not
set, and get its first digit. Fixed in 1.3.7 (2018-10-02) and in 2.0. The cause of the article's 502s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.backlog import is_first_digit
from why502.known.interface import KnownIssue
from why502.known.matching import software
from why502.model.expressions import expression
from why502.model.verdict import Remedy
from why502.model.versions import within

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

FIRST, FIXED = "1.3.0-rc7", "1.3.7"
ON_CLASS_PATH: Final = expression(r"dropwizard-jetty-(\d[\w.-]*?)\.jar")


def matches(window: ListenerWindow) -> str | None:
    """An affected version, and the digit."""
    version, somaxconn = _version(window), window.namespace.somaxconn if window.namespace else None
    if not within(version, FIRST, FIXED) or not is_first_digit(window.listener.backlog, somaxconn):
        return None
    return f"Dropwizard {version} reads only the first digit of net.core.somaxconn {somaxconn}"


def _version(window: ListenerWindow) -> str | None:
    """From the jars that are open; records of older releases of why502 have only the command line."""
    if found := software(window, "dropwizard-jetty"):
        return found.version
    on_path = ON_CLASS_PATH.search(window.process.command) if window.process else None
    return on_path[1] if on_path else None


KNOWN = KnownIssue(
    id="dropwizard-2429",
    software="Dropwizard",
    affected="1.3.0-rc7 to 1.3.6",
    condition="backlog-too-small",
    matches=matches,
    source="https://github.com/dropwizard/dropwizard/issues/2429",
    remedies=(
        Remedy("Upgrade Dropwizard to 1.3.7 or later, or set server.applicationConnectors[].acceptQueueSize: 1024."),
    ),
    recognised_by="the jars that the JVM holds open, and a backlog that is the first digit of somaxconn",
    certainty=2,
    proven=True,
)
