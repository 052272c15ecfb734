"""Node.js announced the very moment at which it closed

The header `Keep-Alive: timeout=N` and the real close came at the same instant, so that even a client which obeys the
header lost the race. Later releases close a second after what they announce.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue, not_on_a_host
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="node-52649",
    software="Node.js",
    affected="before the buffer of nodejs/node#54863",
    condition="idle-timeout-too-short",
    matches=not_on_a_host,
    source="https://github.com/nodejs/node/issues/52649",
    remedies=(Remedy("Upgrade Node.js; set server.keepAliveTimeout well above the idle limit of the proxy."),),
    recognised_by="a capture: FIN N s after the last response instead of N + 1 s (the source names no version)",
    certainty=1,
)
