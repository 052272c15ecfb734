"""From a captured packet to a TCP segment. Looks at headers only: 54 captured bytes are enough.

Payload lengths come from the IP header, never from what was captured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from why502.sources.captures.links import CUT_SHORT, locate

if TYPE_CHECKING:
    from why502.sources.captures.frames import Frame

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

_TCP, _FRAGMENT, _AUTHENTICATION = 6, 44, 51
_EXTENSIONS = {0, 43, 60, 135, 139, 140}
"""IPv6 extension headers that tell their length in units of 8 bytes (RFC 8200, section 4)."""
_FRAGMENT_REST = "a later fragment of an IP packet: not reassembled"


class Segment(Struct, frozen=True, gc=False):
    """One TCP segment."""

    frame: int
    at_s: float
    sender: bytes
    """Address and port as they stand on the wire (6 or 18 bytes); `endpoint` makes them readable."""
    receiver: bytes
    ip_id: int
    """0 with IPv6, which has none."""
    seq: int
    ack: int
    flags: int
    payload_bytes: int

    @property
    def data_seq(self) -> int:
        """Sequence number of the first payload byte: the SYN takes one."""
        return self.seq + 1 if self.flags & SYN else self.seq

    @property
    def data_end(self) -> int:
        """Sequence number after the last payload byte: there stands the FIN, if it carries one."""
        return self.data_seq + self.payload_bytes


def decode(frame: Frame) -> Segment | None | str:
    """The segment; None for other traffic (ARP, UDP, ICMP...); or the reason why it is not understood."""
    located = locate(frame.link, frame.data)
    if located is None or isinstance(located, str):
        return located
    version, offset = located
    return _ipv4(frame, offset) if version == 4 else _ipv6(frame, offset)


def _ipv4(frame: Frame, at: int) -> Segment | None | str:
    data = frame.data
    if len(data) < at + 20:
        return CUT_SHORT
    header_bytes = (data[at] & 0x0F) * 4
    if data[at] >> 4 != 4 or header_bytes < 20:
        return "a damaged IPv4 header"
    if data[at + 9] != _TCP:
        return None
    if (data[at + 6] & 0x1F) << 8 | data[at + 7]:
        return _FRAGMENT_REST
    # The length is 0 in packets that the kernel hands to the network card unsegmented (more than 64 KiB).
    total_bytes = data[at + 2] << 8 | data[at + 3] or frame.wire_bytes - at
    ip_id = data[at + 4] << 8 | data[at + 5]
    addresses = data[at + 12 : at + 16], data[at + 16 : at + 20]
    return _tcp(frame, at + header_bytes, total_bytes - header_bytes, addresses, ip_id)


def _ipv6(frame: Frame, at: int) -> Segment | None | str:
    data = frame.data
    if len(data) < at + 40:
        return CUT_SHORT
    if data[at] >> 4 != 6:
        return "a damaged IPv6 header"
    addresses = data[at + 8 : at + 24], data[at + 24 : at + 40]
    rest_bytes = data[at + 4] << 8 | data[at + 5] or frame.wire_bytes - at - 40
    kind = data[at + 6]
    at += 40
    while kind != _TCP:
        if kind not in _EXTENSIONS and kind not in (_FRAGMENT, _AUTHENTICATION):
            return None
        if len(data) < at + 8:
            return CUT_SHORT
        if kind == _FRAGMENT and (data[at + 2] << 8 | data[at + 3]) & 0xFFF8:
            return _FRAGMENT_REST
        length = _extension_bytes(kind, data[at + 1])
        kind, at, rest_bytes = data[at], at + length, rest_bytes - length
    return _tcp(frame, at, rest_bytes, addresses, 0)


def _extension_bytes(kind: int, length_field: int) -> int:
    if kind == _FRAGMENT:
        return 8
    return (length_field + 2) * 4 if kind == _AUTHENTICATION else (length_field + 1) * 8


def _tcp(frame: Frame, at: int, rest_bytes: int, addresses: tuple[bytes, bytes], ip_id: int) -> Segment | str:
    """`rest_bytes`: TCP header and payload, as the IP header tells."""
    data = frame.data
    if len(data) < at + 14:
        return CUT_SHORT
    header_bytes = (data[at + 12] >> 4) * 4
    if not 20 <= header_bytes <= rest_bytes:
        return "a TCP header that does not fit its IP packet"
    return Segment(
        frame.number,
        frame.at_s,
        addresses[0] + data[at : at + 2],
        addresses[1] + data[at + 2 : at + 4],
        ip_id,
        int.from_bytes(data[at + 4 : at + 8], "big"),
        int.from_bytes(data[at + 8 : at + 12], "big"),
        data[at + 13],
        rest_bytes - header_bytes,
    )
