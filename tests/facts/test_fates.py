from __future__ import annotations

from why502.facts.clusters import FATES
from why502.model.conversations import FAILED_OUTCOMES


def test_every_failed_outcome_has_a_phase_and_a_manner() -> None:
    """A failure that the wire shows can always be put into a cluster."""
    assert set(FATES) == FAILED_OUTCOMES
