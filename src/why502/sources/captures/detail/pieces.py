"""One segment of a watched conversation, its payload included."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from msgspec import Struct

from why502.model.details import End
from why502.sources.captures.kernels import layout as at
from why502.sources.captures.packets import ACK, FIN, RST, SYN

PSH: Final = 0x08
_FLAGS: Final = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (ACK, "ACK"))


class Piece(Struct, frozen=True, gc=False):
    """One segment as the second look needs it."""

    number: int
    at_s: float
    sender: End
    flags: int
    seq: int
    ack: int
    payload_bytes: int
    payload: bytes
    """As far as it was captured."""
    window: int | None
    """As it stands in the header, not scaled: 0 is 0 whatever the scale."""
    ip_id: int
    continues: bool
    """It is a later fragment of an IP packet: no packet of its own in the conversation's count."""

    @property
    def names(self) -> str:
        """The flags, readable."""
        return _names(self.flags)


@lru_cache(256)
def _names(flags: int) -> str:
    return ", ".join(name for bit, name in _FLAGS if flags & bit) or "no flags"


def piece(segment: list[int], payload: bytes, sender: End) -> Piece:
    """From the words of a segment (`kernels.layout`, S_...)."""
    window = segment[at.S_WINDOW]
    return Piece(
        number=segment[at.S_NUMBER],
        at_s=segment[at.S_NS] / 1e9,
        sender=sender,
        flags=segment[at.S_FLAGS],
        seq=segment[at.S_SEQ],
        ack=segment[at.S_ACK],
        payload_bytes=segment[at.S_PAYLOAD],
        payload=payload,
        window=window if window >= 0 else None,
        ip_id=segment[at.S_IP_ID],
        continues=bool(segment[at.S_CONTINUES]),
    )
