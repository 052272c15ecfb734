from __future__ import annotations

from why502.suspects.deployment import _bursts


def test_failures_of_one_moment_are_one_burst() -> None:
    """Less than a second apart, one after the other; a second apart is another event."""
    assert _bursts([10.0, 0.0, 0.4, 0.8, 1.7, 11.0]) == [0.0, 10.0, 11.0]
