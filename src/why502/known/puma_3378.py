"""Puma up to 6 closes idle connections after twenty seconds

`persistent_timeout` was 20 s until 7.0.0 made it 65 s.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import SHORTEST_POOL_S, closes_idle_within
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="puma-3378",
    software="Puma",
    affected="up to 6",
    condition="idle-timeout-too-short",
    matches=closes_idle_within(SHORTEST_POOL_S, "Puma", fixed="7.0.0"),
    source="https://github.com/puma/puma/pull/3378",
    remedies=(Remedy("Set persistent_timeout 75 in config/puma.rb, or upgrade to Puma 7."),),
    recognised_by="the title of its process",
    certainty=1,
)
