"""Failures that a log tells of, and of which a capture of their time shows nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner, Phase
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Cluster, Scene

CUT_OFF = (
    Outcome.RACED,
    Outcome.STALE,
    Outcome.CLOSED_BEFORE_ANSWER,
    Outcome.RESET_BEFORE_ANSWER,
    Outcome.RESET_UNACKNOWLEDGED,
    Outcome.GONE_AWAY,
)
"""What a request that was sent and met an end, leaves on the wire."""


NEAR_S = 1.5
"""Logs may have times in whole seconds, and the last packet need not be the recorder's end."""

ENDED_BY_TARGET = (Manner.CUT, Manner.RESET, Manner.CLOSED)
NO_CONNECTION = (Outcome.REFUSED, Outcome.SYN_UNANSWERED, Outcome.UNREACHABLE, Outcome.ABANDONED)


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


def nothing_sent(scene: Scene, bits: float, of: Cluster | None = None) -> tuple[Evidence, ...]:
    """Connects that failed at once, of which a capture that covers their time shows not one packet.

    Those of the scene's cluster, or of another one of the same target (`of`).
    """
    cluster = of or scene.cluster
    wire = scene.case.wire
    if cluster.manner is not Manner.UNKNOWN or cluster.phase is not Phase.CONNECT or cluster.outcome is not None:
        return ()
    if not cluster.logged or wire is None or wire.first_s is None or wire.last_s is None:
        return ()
    if wire.lossy or _shows_others(scene, wire.first_s, wire.last_s):
        return ()
    times_s = [f.at_s for f in cluster.failures if f.at_s is not None]
    inside = sum(wire.first_s <= at_s <= wire.last_s for at_s in times_s)
    seen = scene.wire.outcomes if scene.wire is not None else {}
    if inside <= len(times_s) / 2 or any(seen.get(outcome) for outcome in NO_CONNECTION):
        return ()
    text = f"{count(cluster.count, 'connect')} failed before a single packet left, while others were captured"
    return (Evidence(bits, text, Source.CAPTURE, Place(scene.path_of(Source.CAPTURE))),)


def covered(scene: Scene) -> bool:
    """Whether the capture's packets span most of the failures: one that had ended shows nothing of them."""
    wire = scene.case.wire
    times_s = [f.at_s for f in scene.cluster.failures if f.at_s is not None]
    if wire is None or wire.first_s is None or wire.last_s is None or not times_s:
        return True  # nothing tells otherwise
    return sum(wire.first_s - NEAR_S <= at_s <= wire.last_s + NEAR_S for at_s in times_s) >= len(times_s) / 2


def captured(scene: Scene) -> bool:
    """Whether a capture was given in which everything that was sent can be found."""
    return scene.looked(Source.CAPTURE) and not (scene.case.wire is not None and scene.case.wire.lossy)


def _shows_others(scene: Scene, first_s: float, last_s: float) -> bool:
    """Whether the capture is of other traffic: connections that the target ended, as the log has it, are not in it
    either, and those were on the wire for certain.
    """
    ended = [c for c in scene.others if c.logged and c.phase is Phase.WAIT and c.manner in ENDED_BY_TARGET]
    absent = [f.at_s for c in ended if c.outcome is None for f in c.failures if f.at_s is not None]
    return any(first_s <= at_s <= last_s for at_s in absent) and all(c.outcome is None for c in ended)
