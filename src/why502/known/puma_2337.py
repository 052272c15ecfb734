"""Puma accepted connections and closed them during a restart

Connections in the queue were accepted and then closed without an answer.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="puma-2337",
    software="Puma",
    affected="before 5.0.1",
    condition="target-restarted",
    matches=runs("puma", fixed="5.0.1", so="it closes accepted connections during a restart"),
    source="https://github.com/puma/puma/issues/2337",
    remedies=(Remedy("Upgrade Puma; use phased restarts (SIGUSR1)."),),
    recognised_by="the title of its process",
    certainty=1,
)
