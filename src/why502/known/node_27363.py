"""Node.js counted headersTimeout from the previous request

`headersTimeout` (40 s, later 60 s) ran on from the last request of the connection: a request that came later than that
was cut off, although keepAliveTimeout had been raised. Fixed in 12.19.0, 13.13.0 and 14.0.0 (nodejs/node#32329,
CHANGELOG_V12.md, CHANGELOG_V13.md); 11 has the setting since 11.3.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

SO: Final = "it counts headersTimeout from the previous request, and cuts connections that were idle for longer"
LINES: Final = tuple(
    runs("node", first=first, fixed=fixed, so=SO)
    for first, fixed in (("10.15.2", "11.0.0"), ("11.3.0", "12.19.0"), ("13.0.0", "13.13.0"))
)


def matches(window: ListenerWindow) -> str | None:
    """Three lines of releases."""
    return next((text for line in LINES if (text := line(window))), None)


KNOWN = KnownIssue(
    id="node-27363",
    software="Node.js",
    affected="10.15.2 and later 10, 11.3 to 12.18, 13.0 to 13.12",
    condition="idle-timeout-too-short",
    matches=matches,
    source="https://github.com/nodejs/node/issues/27363",
    remedies=(Remedy("Upgrade Node.js, or set server.headersTimeout above server.keepAliveTimeout."),),
    recognised_by="the version of the binary",
    certainty=1,
)
