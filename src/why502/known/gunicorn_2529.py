"""gunicorn drops requests when told to stop

On SIGTERM sync workers end with the request they have; connections that wait in the queue, their requests already sent,
are reset as the listener is closed. Reported for 20.0.4; whether later releases do better is disputed
(benoitc/gunicorn#3397).
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="gunicorn-2529",
    software="gunicorn",
    affected="reported up to 20.0.4",
    condition="target-restarted",
    matches=runs(
        "gunicorn", fixed="20.1.0", so="when it is told to stop, it resets connections that wait in its queue"
    ),
    source="https://github.com/benoitc/gunicorn/issues/2529",
    remedies=(
        Remedy("Take it out of the proxy's pool before SIGTERM (Kubernetes: a preStop sleep); upgrade gunicorn."),
    ),
    recognised_by="the installed distribution",
    certainty=1,
)
