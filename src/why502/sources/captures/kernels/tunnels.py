"""IP packets inside other packets: GRE (RFC 2784, 2890, and ERSPAN in it), VXLAN (RFC 7348), GENEVE (RFC 8926)."""

from __future__ import annotations

from typing import Final

from why502.sources.captures.kernels.links import by_ethertype, of_ethertype
from why502.sources.captures.kernels.reasons import CUT_SHORT, OTHER
from why502.sources.captures.kernels.words import Octets, u8, u16

GRE: Final = 68
UDP: Final = 69

_ETHERNET_INSIDE, _ERSPAN = 0x6558, 0x88BE
_VXLAN, _VXLAN_OF_LINUX, _GENEVE = 4789, 8472, 6081
"""UDP ports; 8472 is the default of the Linux driver, and flannel's."""
_VXLAN_VALID: Final = 0x08
"""The I flag. The other bits are reserved, and receivers ignore them (RFC 7348, section 5): group policies use some."""


def inside_gre(data: Octets, at: int, end: int) -> tuple[int, int]:
    """What a GRE packet carries, and where. Version 1 (PPTP) is other traffic."""
    if end - at < 4:
        return CUT_SHORT, at
    flags, protocol = u16(data, at), u16(data, at + 2)
    if flags & 0x4007:
        return OTHER, at
    begin = at + 4 + 4 * (flags >> 15) + 4 * (flags >> 13 & 1) + 4 * (flags >> 12 & 1)
    if protocol == _ETHERNET_INSIDE:
        return by_ethertype(data, begin + 12, end)
    if protocol == _ERSPAN:  # type I has no header of its own and no sequence number, type II has 8 bytes
        return by_ethertype(data, begin + (20 if flags & 0x1000 else 12), end)
    return of_ethertype(protocol), begin


def inside_udp(data: Octets, at: int, end: int) -> tuple[int, int]:
    """What a VXLAN or GENEVE packet carries, and where; OTHER for all other UDP."""
    if end - at < 16:
        return OTHER, at
    port, at = u16(data, at + 2), at + 8
    if port in (_VXLAN, _VXLAN_OF_LINUX) and data[at] & _VXLAN_VALID:
        return by_ethertype(data, at + 20, end)
    if port == _GENEVE and u8(data, at) >> 6 == 0:
        begin = at + 8 + (u8(data, at) & 0x3F) * 4
        if u16(data, at + 2) == _ETHERNET_INSIDE:
            return by_ethertype(data, begin + 12, end)
        return of_ethertype(u16(data, at + 2)), begin
    return OTHER, at
