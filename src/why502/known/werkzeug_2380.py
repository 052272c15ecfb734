"""Werkzeug's server left unread bodies on kept connections

2.1.0 kept connections alive, and took the unread rest of a body for the next request.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="werkzeug-2380",
    software="Werkzeug",
    affected="2.1.0 and 2.1.1",
    condition="malformed-response",
    matches=runs(
        "werkzeug", first="2.1.0", fixed="2.1.2", so="it takes the unread rest of a body for the next request"
    ),
    source="https://github.com/pallets/werkzeug/issues/2380",
    remedies=(Remedy("Upgrade Werkzeug to 2.1.2 or later; do not use it in production."),),
    recognised_by="the installed distribution",
    certainty=1,
)
