"""ICMP errors, and the TCP packet that they quote (RFC 792, RFC 4443, RFC 1812)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from why502.sources.captures.links import locate

if TYPE_CHECKING:
    from why502.sources.captures.frames import Frame

_TCP, _ICMP, _ICMP6 = 6, 1, 58
FRAGMENTATION_NEEDED: Final = "fragmentation needed"
"""IPv6 says "packet too big"; it is the same complaint."""
_V4_NAMES: Final = {
    (3, 0): "network unreachable",
    (3, 1): "host unreachable",
    (3, 2): "protocol unreachable",
    (3, 3): "port unreachable",
    (3, 4): FRAGMENTATION_NEEDED,
    (3, 6): "network unknown",
    (3, 7): "host unknown",
    (3, 9): "network administratively prohibited",
    (3, 10): "host administratively prohibited",
    (3, 13): "administratively prohibited",
    (11, 0): "time exceeded",
}
_V6_NAMES: Final = {
    (1, 0): "no route",
    (1, 1): "administratively prohibited",
    (1, 2): "beyond scope of source address",
    (1, 3): "address unreachable",
    (1, 4): "port unreachable",
    (1, 5): "source address failed policy",
    (1, 6): "reject route",
    (2, 0): FRAGMENTATION_NEEDED,
    (3, 0): "time exceeded",
}


class Complaint(Struct, frozen=True, gc=False):
    """An ICMP error about a TCP packet."""

    number: int
    at_s: float
    name: str
    complainer: str
    sender: bytes
    """Of the quoted packet, as `packets.Segment.sender`."""
    receiver: bytes
    mtu_bytes: int | None


def complaint(frame: Frame) -> Complaint | None:
    """The error, if this packet is one and quotes TCP."""
    located = locate(frame.link, frame.data)
    if not isinstance(located, tuple):
        return None
    version, at = located
    return _v4(frame, at) if version == 4 else _v6(frame, at)


def _v4(frame: Frame, at: int) -> Complaint | None:
    data = frame.data
    if len(data) < at + 20 or data[at + 9] != _ICMP:
        return None
    icmp = at + (data[at] & 0x0F) * 4
    quoted = icmp + 8
    if len(data) < quoted + 20 or (data[icmp], data[icmp + 1]) not in _V4_NAMES or data[quoted + 9] != _TCP:
        return None
    ports = quoted + (data[quoted] & 0x0F) * 4
    addresses = data[quoted + 12 : quoted + 16], data[quoted + 16 : quoted + 20]
    mtu_bytes = int.from_bytes(data[icmp + 6 : icmp + 8], "big")
    name = _V4_NAMES[data[icmp], data[icmp + 1]]
    return _complaint(frame, name, data[at + 12 : at + 16], addresses, ports, mtu_bytes)


def _v6(frame: Frame, at: int) -> Complaint | None:
    data = frame.data
    icmp, quoted = at + 40, at + 48
    if len(data) < quoted + 40 or data[at + 6] != _ICMP6 or data[quoted + 6] != _TCP:
        return None
    name = _V6_NAMES.get((data[icmp], data[icmp + 1]))
    if name is None:
        return None
    addresses = data[quoted + 8 : quoted + 24], data[quoted + 24 : quoted + 40]
    mtu_bytes = int.from_bytes(data[icmp + 4 : icmp + 8], "big")
    return _complaint(frame, name, data[at + 8 : at + 24], addresses, quoted + 40, mtu_bytes)


def _complaint(
    frame: Frame, name: str, complainer: bytes, addresses: tuple[bytes, bytes], ports: int, mtu_bytes: int
) -> Complaint | None:
    data = frame.data
    if len(data) < ports + 4:
        return None
    return Complaint(
        number=frame.number,
        at_s=frame.at_s,
        name=name,
        complainer=str(ip_address(complainer)),
        sender=addresses[0] + data[ports : ports + 2],
        receiver=addresses[1] + data[ports + 2 : ports + 4],
        mtu_bytes=mtu_bytes if name == FRAGMENTATION_NEEDED and mtu_bytes else None,
    )
