"""What a full accept queue does to new connections, as the wire shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.forgotten import forgotten_with
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.handshakes import Handshakes
    from why502.facts.scene import Scene

FEWEST_LATE = 3
SEEN_ALL = 7.0
"""Bits of resets by a machine that knows of no such connection, right after the handshake."""
EACH_OF_SOME = 2.0
"""The same for each of them where the recorder lost packets: the reset of a program that closed at once may be among
those, and what the proxy then sends is answered so as well (`tcp_v4_send_reset`)."""


def fate(scene: Scene, outcome: Outcome, seen: Handshakes) -> Iterator[Evidence]:
    """The wire signature of each face, on the failed conversations themselves."""
    cluster = scene.cluster
    number, first = len(cluster.conversations), cluster.conversations[0].decided_at
    forgotten = forgotten_with(scene.wire, cluster.conversations)
    bare = sum(c.reset_bare for c in cluster.conversations) - len(forgotten)
    again = sum(c.synacks_after_ack > 0 for c in cluster.conversations)
    if outcome is Outcome.RESET_UNACKNOWLEDGED and bare:
        # Closing a live socket sends RST with ACK (tcp_send_active_reset). Without ACK no socket was found, right
        # after a complete handshake: the cookie path, or a listener that was closed in that very moment.
        text = f"{bare} of {number} new connections got a RST without ACK flag before any byte was acknowledged"
        lossy = scene.case.wire is not None and scene.case.wire.lossy
        yield Evidence(min(SEEN_ALL, EACH_OF_SOME * bare) if lossy else SEEN_ALL, text, Source.CAPTURE, first)
    elif outcome is Outcome.RESET_UNACKNOWLEDGED and forgotten:
        text = "connections that had been accepted were forgotten at the same time: no queue explains that"
        yield Evidence(-3.0, text, Source.CAPTURE, forgotten[0].decided_at)
    elif outcome is Outcome.NEVER_ACKNOWLEDGED and again:
        text = (
            f"in {again} of {number} conversations the SYN-ACK was repeated after the final ACK: the target dropped it"
        )
        yield Evidence(6.0, text, Source.CAPTURE, first)
    elif outcome is Outcome.NEVER_ACKNOWLEDGED:
        # Loss on the way looks the same, so this says little by itself.
        yield Evidence(1.0, f"never acknowledged although connected: {count(number, 'request')}", Source.CAPTURE, first)
    elif outcome is Outcome.SYN_UNANSWERED and seen.served:
        text = f"{count(number, 'SYN')} stayed unanswered by a listener that served {seen.served} other connections"
        yield Evidence(2.0, text, Source.CAPTURE, first)


def other_faces(seen: Handshakes, own: Outcome | None) -> list[str]:
    """Traces of an overflow among the target's other conversations."""
    faces = (
        (seen.unknown_resets, "new connections reset before any byte was acknowledged", Outcome.RESET_UNACKNOWLEDGED),
        (seen.acks_dropped, "final ACKs dropped", Outcome.NEVER_ACKNOWLEDGED),
    )
    return [f"{number} {what}" for number, what, outcome in faces if number and (own is None or own is not outcome)]


def taken_late(seen: Handshakes, bits: float) -> Iterator[Evidence]:
    """First requests that had to be sent again, and nothing of a connection that had been accepted; with the sign of
    `bits`.

    If packets were lost on the way, each of these losses would have met an answer as easily: one bit each.
    """
    if seen.taken_late >= FEWEST_LATE and seen.taken_late_first is not None:
        text = (
            f"{seen.taken_late} of {seen.served} served requests were taken only when sent again, each the first of a "
            "new connection, and nothing else was lost: the target dropped the final ACKs"
        )
        most = min(abs(bits), float(seen.taken_late))
        yield Evidence(most if bits > 0 else -most, text, Source.CAPTURE, seen.taken_late_first)
