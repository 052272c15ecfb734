"""A security release of Node.js 6 cut kept connections

6.15.0 brought headersTimeout, which also ended connections that were kept alive. Repaired in the next release of the
same line.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="node-24760",
    software="Node.js",
    affected="6.15.0",
    condition="idle-timeout-too-short",
    matches=runs("node", first="6.15.0", fixed="6.15.1", so="it cuts connections that are kept alive"),
    source="https://github.com/nodejs/node/issues/24760",
    remedies=(Remedy("Upgrade Node.js."),),
    recognised_by="the version of the binary",
    certainty=1,
)
