"""From a captured packet to a TCP segment. Looks at headers only: 54 captured bytes are enough.

Payload lengths come from the IP header, never from what was captured. Tunnels are followed, fragments of IP packets
are told as more payload of the segment that their first one began.
"""

from __future__ import annotations

from typing import Final

from why502.sources.captures.kernels.fragments import continue_segment, remember
from why502.sources.captures.kernels.layout import (
    S_ACK,
    S_CONTINUES,
    S_DATA_AT,
    S_FLAGS,
    S_FROM_HIGH,
    S_FROM_LOW,
    S_IP_ID,
    S_PAYLOAD,
    S_PORTS,
    S_SEQ,
    S_TO_HIGH,
    S_TO_LOW,
    S_WINDOW,
)
from why502.sources.captures.kernels.links import IPV4, IPV6, locate
from why502.sources.captures.kernels.reasons import (
    CUT_SHORT,
    DAMAGED_IPV4,
    DAMAGED_IPV6,
    DAMAGED_TCP,
    IP_VERSION,
    OTHER,
    SEGMENT,
    TOO_DEEP,
    UNKNOWN_LINK,
)
from why502.sources.captures.kernels.tunnels import GRE, UDP, inside_gre, inside_udp
from why502.sources.captures.kernels.words import Octets, Words, u8, u16, u32, u64

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
ACK: Final = 0x10
TCP: Final = 66
LATER_FRAGMENT: Final = 67
MAX_LAYERS: Final = 6
"""IP packets inside one another that are followed; real tunnels nest twice at most."""

_TCP, _UDP, _IPIP, _IPV6_INSIDE, _GRE, _FRAGMENT, _AUTHENTICATION = 6, 17, 4, 41, 47, 44, 51
_MORE_FRAGMENTS = 0x2000


def decode(data: Octets, begin: int, end: int, wire: int, link: int, out: Words, o: int, fragments: Words) -> int:
    """Decode `data[begin:end]`, `wire` bytes long when it was sent, into the segment record `out[o:]`.

    Answers SEGMENT, OTHER, or the reason why it is not understood (its detail in `out[o]`). `fragments`: first
    fragments so far; empty, if later ones shall not be understood.
    """
    step, at = locate(data, begin, end, link)
    if step in (UNKNOWN_LINK, IP_VERSION):
        out[o] = at
        return step
    for _ in range(MAX_LAYERS):
        rest = 0
        if step == IPV4:
            step, at, rest = ipv4(data, at, end, begin + wire, out, o)
        elif step == IPV6:
            step, at, rest = ipv6(data, at, end, begin + wire, out, o)
        if step == TCP:
            return tcp(data, at, end, rest, out, o, fragments)
        if step == LATER_FRAGMENT:
            return continue_segment(out, o, fragments, rest)
        if step == GRE:
            step, at = inside_gre(data, at, end)
        elif step == UDP:
            step, at = inside_udp(data, at, end)
        if step not in (IPV4, IPV6):
            return step
    return TOO_DEEP


def of_protocol(protocol: int) -> int:
    """What an IP packet carries."""
    if protocol == _TCP:
        return TCP
    if protocol == _UDP:
        return UDP
    if protocol == _IPIP:
        return IPV4
    if protocol == _IPV6_INSIDE:
        return IPV6
    return GRE if protocol == _GRE else OTHER


def ipv4(data: Octets, at: int, end: int, wire_end: int, out: Words, o: int) -> tuple[int, int, int]:
    """What comes next, where, and how many bytes the IP header tells are left from there."""
    if end - at < 20:
        return CUT_SHORT, at, 0
    header = (u8(data, at) & 0x0F) * 4
    if u8(data, at) >> 4 != 4 or header < 20:
        return DAMAGED_IPV4, at, 0
    step = of_protocol(u8(data, at + 9))
    field = u16(data, at + 6)
    offset = (field & 0x1FFF) * 8
    if step == OTHER or (offset and step != TCP):
        return OTHER, at, 0
    # The length is 0 in packets that the kernel hands to the network card unsegmented (more than 64 KiB).
    rest = (u16(data, at + 2) or wire_end - at) - header
    out[o + S_FROM_HIGH], out[o + S_FROM_LOW] = 0, u32(data, at + 12)
    out[o + S_TO_HIGH], out[o + S_TO_LOW] = 0, u32(data, at + 16)
    out[o + S_PORTS] = 4 << 32
    out[o + S_IP_ID] = u16(data, at + 4)
    out[o + S_CONTINUES] = offset << 1 | int(field & _MORE_FRAGMENTS != 0)
    return (LATER_FRAGMENT if offset else step), at + header, rest


def ipv6(data: Octets, at: int, end: int, wire_end: int, out: Words, o: int) -> tuple[int, int, int]:
    """As `ipv4`; extension headers are stepped over (RFC 8200, section 4)."""
    if end - at < 40:
        return CUT_SHORT, at, 0
    if u8(data, at) >> 4 != 6:
        return DAMAGED_IPV6, at, 0
    out[o + S_FROM_HIGH], out[o + S_FROM_LOW] = u64(data, at + 8), u64(data, at + 16)
    out[o + S_TO_HIGH], out[o + S_TO_LOW] = u64(data, at + 24), u64(data, at + 32)
    out[o + S_PORTS], out[o + S_IP_ID], out[o + S_CONTINUES] = 6 << 32, 0, 0
    rest = u16(data, at + 4) or wire_end - at - 40
    kind = u8(data, at + 6)
    at += 40
    while kind in (0, 43, 60, 135, 139, 140, _FRAGMENT, _AUTHENTICATION):
        if end - at < 8:
            return CUT_SHORT, at, 0
        length = 8
        if kind == _AUTHENTICATION:
            length = (u8(data, at + 1) + 2) * 4
        elif kind != _FRAGMENT:
            length = (u8(data, at + 1) + 1) * 8
        else:
            field = u16(data, at + 2)
            out[o + S_IP_ID] = u32(data, at + 4)
            out[o + S_CONTINUES] = (field & 0xFFF8) << 1 | field & 1
            if field & 0xFFF8:
                step = of_protocol(u8(data, at))
                return (LATER_FRAGMENT if step == TCP else OTHER), at + 8, rest - 8
        kind, at, rest = u8(data, at), at + length, rest - length
    return of_protocol(kind), at, rest


def tcp(data: Octets, at: int, end: int, rest: int, out: Words, o: int, fragments: Words) -> int:
    """`rest`: TCP header and payload, as the IP header tells."""
    if end - at < 14:
        return CUT_SHORT
    header = (u8(data, at + 12) >> 4) * 4
    if header < 20 or header > rest:
        return DAMAGED_TCP
    out[o + S_PORTS] = out[o + S_PORTS] | u32(data, at)
    out[o + S_SEQ] = u32(data, at + 4)
    out[o + S_ACK] = u32(data, at + 8)
    out[o + S_FLAGS] = u8(data, at + 13)
    out[o + S_PAYLOAD] = rest - header
    out[o + S_WINDOW] = u16(data, at + 14) if end - at >= 16 else -1
    out[o + S_DATA_AT] = at + header
    if out[o + S_CONTINUES] and len(fragments) > 0:
        remember(out, o, fragments, header)
        out[o + S_FLAGS] = out[o + S_FLAGS] & ~FIN
    out[o + S_CONTINUES] = 0
    return SEGMENT
