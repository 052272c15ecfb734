"""gVisor does not honour somaxconn

Inside the sandbox the backlog is capped whatever the sysctl of the host says.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="gvisor-7778",
    software="gVisor",
    affected="all",
    condition="backlog-too-small",
    matches=runs("gvisor", so="inside its sandbox the backlog is capped, whatever somaxconn says"),
    source="https://github.com/google/gvisor/issues/7778",
    remedies=(Remedy("Spread the load over more processes, or run this service outside of gVisor."),),
    recognised_by="the process runsc",
    certainty=1,
)
