"""Failures that a log tells of, and of which a capture of their time shows nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Place, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene

CUT_OFF = (
    Outcome.RACED,
    Outcome.STALE,
    Outcome.CLOSED_BEFORE_ANSWER,
    Outcome.RESET_BEFORE_ANSWER,
    Outcome.RESET_UNACKNOWLEDGED,
    Outcome.GONE_AWAY,
)
"""What a request that was sent and met an end, leaves on the wire."""


def no_end_on_the_wire(scene: Scene, bits: float) -> Iterator[Evidence]:
    """Requests that were sent and cut off, as the log has it, at times at which no conversation was cut off.

    What the proxy did not send at all (a target that it had marked down, an answer of its own) is logged alike by some.
    """
    wire, cluster = scene.case.wire, scene.cluster
    if cluster.outcome is not None or scene.wire is None or wire is None or wire.first_s is None or wire.last_s is None:
        return
    if wire.lossy:
        return
    times_s = [f.at_s for f in cluster.failures if f.at_s is not None]
    inside = sum(wire.first_s <= at_s <= wire.last_s for at_s in times_s)
    if inside <= len(times_s) / 2 or any(scene.wire.outcomes.get(outcome) for outcome in CUT_OFF):
        return
    text = f"of {scene.wire.conversations} conversations with the target at that time not one was cut off"
    yield Evidence(bits, text, Source.CAPTURE, Place(scene.path_of(Source.CAPTURE)))
