"""Where the IP packet begins inside a captured packet, for each link type that we know.

Numbers: tcpdump.org/linktypes.html; EtherTypes: IANA "IEEE 802 Numbers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Located = tuple[int, int] | None | str
"""(IP version, offset of the IP header); None: other traffic; or the reason why it is not understood."""

_IPV4, _IPV6 = 0x0800, 0x86DD
_VLAN_TAGS = {0x8100, 0x88A8, 0x9100}
_TUNNELS = {0x8847: "MPLS", 0x8848: "MPLS", 0x8864: "PPPoE"}
"""They carry IP that we do not look into: not understood, rather than silently passed over."""
_INET, _INET6 = {2}, {10, 24, 28, 30}
"""Address families in BSD loopback headers: AF_INET6 differs on Linux, NetBSD, FreeBSD and macOS."""

CUT_SHORT = "captured too short to read its headers"


def _by_ethertype(data: bytes, at: int) -> Located:
    """`at`: offset of the EtherType; VLAN tags are stepped over."""
    while len(data) >= at + 2:
        ethertype = data[at] << 8 | data[at + 1]
        if ethertype == _IPV4:
            return 4, at + 2
        if ethertype == _IPV6:
            return 6, at + 2
        if ethertype not in _VLAN_TAGS:
            tunnel = _TUNNELS.get(ethertype)
            return f"{tunnel} is not looked into" if tunnel else None
        at += 4
    return CUT_SHORT


def _ethernet(data: bytes) -> Located:
    return _by_ethertype(data, 12)


def _cooked(data: bytes) -> Located:
    return _by_ethertype(data, 14)


def _cooked2(data: bytes) -> Located:
    """LINKTYPE_LINUX_SLL2: the protocol comes first, the packet after 20 bytes."""
    if len(data) < 20:
        return CUT_SHORT
    located = _by_ethertype(data[:2], 0)
    if isinstance(located, tuple):
        return located[0], 20
    return _by_ethertype(data, 22) if data[0] << 8 | data[1] in _VLAN_TAGS else located


def _raw(data: bytes) -> Located:
    if not data:
        return CUT_SHORT
    version = data[0] >> 4
    return (version, 0) if version in (4, 6) else f"IP version {version}"


def _loopback(data: bytes) -> Located:
    """LINKTYPE_NULL and LINKTYPE_LOOP: address family in the byte order of whoever wrote it."""
    if len(data) < 4:
        return CUT_SHORT
    family = min(int.from_bytes(data[:4], "little"), int.from_bytes(data[:4], "big"))
    if family in _INET:
        return 4, 4
    return (6, 4) if family in _INET6 else None


_LINKS: dict[int, Callable[[bytes], Located]] = {
    0: _loopback,
    1: _ethernet,
    12: _raw,
    14: _raw,
    101: _raw,
    108: _loopback,
    113: _cooked,
    228: _raw,
    229: _raw,
    276: _cooked2,
}


def locate(link: int, data: bytes) -> Located:
    """Which IP version, and where its header begins."""
    reader = _LINKS.get(link)
    return reader(data) if reader else f"link type {link} is not known"
