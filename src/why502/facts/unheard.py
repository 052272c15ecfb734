"""Packets that a target which was there did not answer: what gets lost on the way, as seen from the proxy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.model.conversations import Outcome
from why502.model.details import End
from why502.model.evidence import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Scene
    from why502.model.conversations import Conversation
    from why502.model.details import Packet

REPEATS = 2
"""A segment that is sent three times was not lost by chance."""
SPAN_S = 0.5
"""A kernel acknowledges within 0.2 s (`TCP_DELACK_MAX`), whatever its programs do."""
SAME_TIME_S = 10.0
"""Troubles of one path that begin within the shortest read timeouts in use are of one time."""

_SILENT = frozenset({Outcome.NOT_ANSWERED, Outcome.STALE, Outcome.NEVER_ACKNOWLEDGED})


class Unheard(Struct, frozen=True):
    """Of the conversations with one target that ended in silence."""

    closes: int
    """In these the target acknowledged the request, and then not even the close (FIN) of the proxy, sent again and
    again: a program may be slow, its kernel is not."""
    first_close: Place | None
    holes: int
    """In these later bytes of the answer arrived, and earlier ones never did."""
    first_hole: Place | None
    dead: int
    """Used connections on which the next request was never acknowledged..."""
    alive: int
    """...while requests on new connections were acknowledged, and not answered either."""
    first_dead: Place | None


def unheard(scene: Scene) -> Unheard:
    silent = [c for c in (scene.wire.failed if scene.wire else ()) if c.outcome in _SILENT]
    closes = [c for c in silent if c.outcome is Outcome.NOT_ANSWERED and _close_unheard(c)]
    holes = [c for c in silent if _hole(c)]
    dead = [c for c in silent if c.outcome is Outcome.STALE and not c.reset_by_target]
    new = [c for c in silent if c.outcome is Outcome.NOT_ANSWERED and c.exchanges == 0 and c.opened]
    alive = [c for c in new if any(abs(c.first_s - (d.request_s or d.first_s)) <= SAME_TIME_S for d in dead)]
    return Unheard(
        closes=len(closes),
        first_close=closes[0].decided_at if closes else None,
        holes=len(holes),
        first_hole=holes[0].decided_at if holes else None,
        dead=len(dead) if alive else 0,
        alive=len(alive),
        first_dead=dead[0].decided_at if dead and alive else None,
    )


def _close_unheard(conversation: Conversation) -> bool:
    packets = conversation.detail.packets if conversation.detail else ()
    return any(len(run) > REPEATS and run[-1].at_s - run[0].at_s >= SPAN_S for run in _runs(packets))


def _runs(packets: Sequence[Packet]) -> list[list[Packet]]:
    """The proxy's FINs, as many as follow each other without a packet of the target in between."""
    runs: list[list[Packet]] = [[]]
    for packet in packets:
        if packet.sender is End.TARGET:
            runs.append([])
        elif "FIN" in packet.flags:
            runs[-1].append(packet)
    return runs


def _hole(conversation: Conversation) -> bool:
    """Whether bytes of the target are missing in front of others that came; of the last exchange."""
    detail = conversation.detail
    if detail is None or conversation.request_s is None:
        return False
    came = [p for p in detail.packets if p.sender is End.TARGET and (p.payload_bytes or "FIN" in p.flags)]
    before = [p for p in came if p.at_s < conversation.request_s]
    after = [p for p in came if p.at_s >= conversation.request_s]
    if not after or not before or detail.packets_left_out:
        return False
    expected = max((_beyond(p, before[0].seq) for p in before), default=0)
    for packet in sorted(after, key=lambda p: _distance(p.seq, before[0].seq)):
        if _distance(packet.seq, before[0].seq) > expected:
            return True
        expected = max(expected, _beyond(packet, before[0].seq))
    return False


def _distance(seq: int, base: int) -> int:
    return (seq - base) & 0xFFFFFFFF


def _beyond(packet: Packet, base: int) -> int:
    return _distance(packet.seq, base) + packet.payload_bytes
