"""Where the IP packet begins inside a captured packet, for each link type that we know.

Numbers: tcpdump.org/linktypes.html; EtherTypes: IANA "IEEE 802 Numbers".
"""

from __future__ import annotations

from typing import Final

from why502.sources.captures.kernels.reasons import CUT_SHORT, IP_VERSION, MPLS, OTHER, PPPOE, UNKNOWN_LINK
from why502.sources.captures.kernels.words import Octets, u8, u16, u32

IPV4: Final = 64
IPV6: Final = 65
"""What comes next, beside the reasons: numbers that are none of those."""

_INET = 2


def locate(data: Octets, at: int, end: int, link: int) -> tuple[int, int]:
    """IPV4 or IPV6 and where its header begins, or the reason why there is none (IP_VERSION: with that version)."""
    if link == 1:
        return by_ethertype(data, at + 12, end)
    if link == 113:
        return by_ethertype(data, at + 14, end)
    if link == 276:
        return cooked2(data, at, end)
    if link in (12, 14, 101, 228, 229):
        return raw(data, at, end)
    if link in (0, 108):
        return loopback(data, at, end)
    return UNKNOWN_LINK, link


def by_ethertype(data: Octets, at: int, end: int) -> tuple[int, int]:
    """`at`: where the EtherType stands; VLAN tags are stepped over."""
    while end - at >= 2:
        ethertype = u16(data, at)
        if ethertype not in (0x8100, 0x88A8, 0x9100):
            return of_ethertype(ethertype), at + 2
        at += 4
    return CUT_SHORT, at


def of_ethertype(ethertype: int) -> int:
    """MPLS and PPPoE carry IP that we do not look into: not understood, rather than silently passed over."""
    if ethertype == 0x0800:
        return IPV4
    if ethertype == 0x86DD:
        return IPV6
    if ethertype in (0x8847, 0x8848):
        return MPLS
    return PPPOE if ethertype == 0x8864 else OTHER


def cooked2(data: Octets, at: int, end: int) -> tuple[int, int]:
    """LINKTYPE_LINUX_SLL2: the protocol comes first, the packet after 20 bytes."""
    if end - at < 20:
        return CUT_SHORT, at
    if u16(data, at) in (0x8100, 0x88A8, 0x9100):
        return by_ethertype(data, at + 22, end)
    return of_ethertype(u16(data, at)), at + 20


def raw(data: Octets, at: int, end: int) -> tuple[int, int]:
    if at >= end:
        return CUT_SHORT, at
    version = u8(data, at) >> 4
    if version == 4:
        return IPV4, at
    return (IPV6, at) if version == 6 else (IP_VERSION, version)


def loopback(data: Octets, at: int, end: int) -> tuple[int, int]:
    """LINKTYPE_NULL and LINKTYPE_LOOP: address family in the byte order of whoever wrote it. AF_INET6 differs on
    Linux, NetBSD, FreeBSD and macOS.
    """
    if end - at < 4:
        return CUT_SHORT, at
    family = u32(data, at)
    if family > 0xFFFF:
        family = data[at + 1] * 0x100 + data[at] if not (data[at + 2] or data[at + 3]) else 0
    if family == _INET:
        return IPV4, at + 4
    return (IPV6, at + 4) if family in (10, 24, 28, 30) else (OTHER, at)
