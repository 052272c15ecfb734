"""Node.js counted headersTimeout from the previous request

`headersTimeout` (40 s, later 60 s) ran on from the last request of the connection: a request that came later than that
was cut off, although keepAliveTimeout had been raised. Fixed in 12.19.0 and 14.0.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

SO: Final = "it counts headersTimeout from the previous request, and cuts connections that were idle for longer"
EARLY: Final = runs("node", first="10.15.2", fixed="12.19.0", so=SO)
ODD: Final = runs("node", first="13.0.0", fixed="14.0.0", so=SO)


def matches(window: ListenerWindow) -> str | None:
    """Two lines of releases."""
    return EARLY(window) or ODD(window)


KNOWN = KnownIssue(
    id="node-27363",
    software="Node.js",
    affected="10.15.2 to 12.18, 13",
    condition="idle-timeout-too-short",
    matches=matches,
    source="https://github.com/nodejs/node/issues/27363",
    remedies=(Remedy("Upgrade Node.js, or set server.headersTimeout above server.keepAliveTimeout."),),
    recognised_by="the version of the binary",
    certainty=1,
)
