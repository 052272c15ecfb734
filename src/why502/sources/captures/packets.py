"""One captured packet as a TCP segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.sources.captures.kernels import decode as decoding
from why502.sources.captures.kernels import layout, reasons
from why502.sources.captures.kernels.decode import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from why502.sources.captures.frames import Frame

__all__ = ["ACK", "FIN", "RST", "SYN", "Segment", "decode", "endpoint_bytes"]


class Segment(Struct, frozen=True, gc=False):
    """One TCP segment."""

    frame: int
    at_s: float
    sender: bytes
    """Address and port as they stand on the wire (6 or 18 bytes); `telling.endpoint` makes them readable."""
    receiver: bytes
    ip_id: int
    """0 with IPv6, which has none."""
    seq: int
    ack: int
    flags: int
    payload_bytes: int
    data_at: int = 0
    """Where the payload begins in the frame's data, captured or not."""
    window: int | None = None
    """As it stands in the header, not scaled; None: not captured."""

    @property
    def data_seq(self) -> int:
        """Sequence number of the first payload byte: the SYN takes one."""
        return self.seq + 1 if self.flags & SYN else self.seq

    @property
    def data_end(self) -> int:
        """Sequence number after the last payload byte: there stands the FIN, if it carries one."""
        return self.data_seq + self.payload_bytes


def decode(frame: Frame) -> Segment | None | str:
    """The segment; None for other traffic (ARP, UDP, ICMP...); or the reason why it is not understood.

    Tunnels are followed; later fragments of IP packets are not understood here, where each packet stands alone.
    """
    out = [0] * layout.SEGMENT_WORDS
    kind = decoding.decode(frame.data, 0, len(frame.data), frame.wire_bytes, frame.link, out, 0, [])
    if kind != reasons.SEGMENT:
        return None if kind == reasons.OTHER else reasons.sentence(kind, out[0])
    version, ports = out[layout.S_PORTS] >> 32, out[layout.S_PORTS]
    return Segment(
        frame=frame.number,
        at_s=frame.at_s,
        sender=endpoint_bytes(version, out[layout.S_FROM_HIGH], out[layout.S_FROM_LOW], ports >> 16 & 0xFFFF),
        receiver=endpoint_bytes(version, out[layout.S_TO_HIGH], out[layout.S_TO_LOW], ports & 0xFFFF),
        ip_id=out[layout.S_IP_ID],
        seq=out[layout.S_SEQ],
        ack=out[layout.S_ACK],
        flags=out[layout.S_FLAGS],
        payload_bytes=out[layout.S_PAYLOAD],
        data_at=out[layout.S_DATA_AT],
        window=None if out[layout.S_WINDOW] < 0 else out[layout.S_WINDOW],
    )


def endpoint_bytes(version: int, high: int, low: int, port: int) -> bytes:
    """Address and port as they stand on the wire; a machine word may hold the upper half of an address as a
    negative number.
    """
    words = (high, low) if version == 6 else (low << 32,)
    address = b"".join((word & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big") for word in words)
    return (address if version == 6 else address[:4]) + port.to_bytes(2, "big")
