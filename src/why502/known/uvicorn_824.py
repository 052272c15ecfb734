"""uvicorn closed connections that were busy

The timer of an earlier request on the same connection was not cancelled, and closed the connection under a later one:
502 even under steady traffic. Fixed in 0.12.3.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="uvicorn-824",
    software="uvicorn",
    affected="up to 0.12.2",
    condition="closed-without-response",
    matches=runs("uvicorn", fixed="0.12.3", so="a timer of an earlier request closes connections that are in use"),
    source="https://github.com/Kludex/uvicorn/issues/824",
    remedies=(Remedy("Upgrade uvicorn to 0.12.3 or later."),),
    recognised_by="the installed distribution",
    certainty=1,
)
