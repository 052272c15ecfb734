"""Dropwizard reads only the first digit of the system's backlog

Dropwizard 1.3.0-rc7 to 1.3.6 read `net.core.somaxconn` with `Files.readAllBytes` where `acceptQueueSize` is not
set, and get its first digit. Fixed in 1.3.7 (2018-10-02) and in 2.0. The cause of the article's 502s.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.facts.backlog import is_first_digit
from why502.known.interface import KnownIssue
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

AFFECTED: Final = re.compile(r"dropwizard-jetty-(1\.3\.[0-6])\.jar")


def matches(window: ListenerWindow) -> str | None:
    """An affected jar on the class path, and the digit."""
    found = AFFECTED.search(window.process.command) if window.process else None
    somaxconn = window.namespace.somaxconn if window.namespace else None
    if found is None or not is_first_digit(window.listener.backlog, somaxconn):
        return None
    return f"Dropwizard {found[1]} reads only the first digit of net.core.somaxconn {somaxconn}"


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
    certainty=1,
)
