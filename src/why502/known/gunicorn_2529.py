"""gunicorn dropped requests when told to stop

On SIGTERM requests in flight of sync workers were lost, and kept connections were not closed in an orderly way.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="gunicorn-2529",
    software="gunicorn",
    affected="up to 20.0.4",
    condition="target-restarted",
    matches=runs("gunicorn", fixed="20.1.0", so="it drops requests in flight when it is told to stop"),
    source="https://github.com/benoitc/gunicorn/issues/2529",
    remedies=(Remedy("Upgrade gunicorn to 20.1.0 or later."),),
    recognised_by="the installed distribution",
    certainty=1,
)
