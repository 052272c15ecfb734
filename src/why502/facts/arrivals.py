"""The same packets in two captures: which of them arrived."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import structs

from why502.model.details import End

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.details import ConversationDetail, Packet


def marked(here: ConversationDetail | None, arrived: Sequence[Packet]) -> ConversationDetail | None:
    """The detail with each of the proxy's packets marked, whether it is among those that `arrived`.

    Of packets that are alike (retransmissions) the later ones are taken to have arrived. Left as it is if not all
    of its packets were kept.
    """
    if here is None or here.packets_left_out:
        return here
    sent = Counter(_key(p) for p in here.packets)
    missing = sent - Counter(_key(p) for p in arrived)
    packets = []
    for packet in here.packets:
        key = _key(packet)
        lost = missing[key] > 0 and not (missing[key] == sent[key] and _covered(packet, arrived))
        missing[key] -= 1
        packets.append(structs.replace(packet, arrived=not lost) if packet.sender is End.PROXY else packet)
    return structs.replace(here, packets=tuple(packets))


def _key(packet: Packet) -> tuple[object, ...]:
    return packet.sender, packet.flags, packet.seq, packet.payload_bytes


def _covered(packet: Packet, arrived: Sequence[Packet]) -> bool:
    """Network cards cut and merge segments: the same bytes can arrive in other pieces."""
    begins = [p for p in arrived if p.sender is packet.sender and p.payload_bytes]
    at, end = packet.seq, packet.seq + packet.payload_bytes
    for piece in sorted(begins, key=lambda p: p.seq):
        if piece.seq <= at < piece.seq + piece.payload_bytes:
            at = piece.seq + piece.payload_bytes
    return packet.payload_bytes > 0 and at >= end
