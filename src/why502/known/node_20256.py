"""Node.js closes idle connections after five seconds

`http.Server.keepAliveTimeout` is 5 s from 8.0 to 25; the socket is destroyed even if a request is just coming in. The
proxy's pool keeps its end for 60 s and more, so now and then it sends into a closed connection. 26.0 made it 65 s.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import SHORTEST_POOL_S, closes_idle_within
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="node-20256",
    software="Node.js",
    affected="8.0 to 25; 26.0 has 65 s",
    condition="idle-timeout-too-short",
    matches=closes_idle_within(SHORTEST_POOL_S, "Node.js", first="8.0.0", fixed="26.0.0"),
    source="https://github.com/nodejs/node/issues/20256",
    remedies=(Remedy("Set server.keepAliveTimeout to 75 s, and server.headersTimeout above that."),),
    recognised_by="the version of the binary; from outside by the response header `Keep-Alive: timeout=5`",
    certainty=1,
)
