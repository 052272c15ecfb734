"""The same conversation in many framings, each on an interface of one capture: link types, tags, tunnels, headers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tests.sources.captures import odd
from tests.sources.captures.making import block, enhanced, ethernet, interface, ipv4, ipv6, section

if TYPE_CHECKING:
    from collections.abc import Callable

ETHERNET, NULL, RAW_BSD, RAW_OPENBSD, RAW, LOOP, COOKED, RAW_IPV4, COOKED_2 = 1, 0, 12, 14, 101, 108, 113, 228, 276
FIRST_PORT: Final = 41_000
"""Of the proxy; each framing has the next one."""
APART_S: Final = 10

Frame = tuple[int, "Callable[[bytes], bytes]"]
"""Link type, and what makes a packet of it out of one of Ethernet."""


def tagged(*tags: int) -> Callable[[bytes], bytes]:
    """VLAN tags of these EtherTypes in front of the packet's own."""
    return lambda frame: frame[:12] + b"".join(struct.pack("!HH", tag, 5) for tag in tags) + frame[12:]


def cooked(frame: bytes) -> bytes:
    return struct.pack("!HHH8s", 0, 1, 6, bytes(8)) + frame[12:]


def cooked_2(frame: bytes) -> bytes:
    """A tag that the kernel put back stands behind the header, its EtherType in it."""
    return frame[12:14] + struct.pack("!HIHBB8s", 0, 3, 1, 0, 6, bytes(8)) + frame[14:]


def carried(protocol: int, head: bytes, begin: int = 14) -> Callable[[bytes], bytes]:
    """Behind an IPv4 header and a tunnel's own; `begin` 0: with its Ethernet header."""
    return lambda frame: ethernet(ipv4(*odd.OUTER, head + frame[begin:], protocol=protocol))


def with_options(frame: bytes) -> bytes:
    packet = frame[14:]
    head = struct.pack("!BBHHHBBH", 0x46, 0, len(packet) + 4, 1, 0, 64, 6, 0)
    return ethernet(head + packet[12:20] + b"\x01\x01\x01\x00" + packet[20:])


def with_extension_headers(frame: bytes) -> bytes:
    """Over IPv6, behind hop-by-hop and destination options."""
    packet = frame[14:]
    ends = (bytes(12) + packet[12:16], bytes(12) + packet[16:20])
    options = bytes([60, 0, 1, 4, 0, 0, 0, 0]) + bytes([6, 0, 1, 4, 0, 0, 0, 0])
    return ethernet(ipv6(*ends, options + packet[20:], kind=0), 0x86DD)


def without_length(frame: bytes) -> bytes:
    """As handed to the network card unsegmented, when longer than the field can tell."""
    return frame[:16] + bytes(2) + frame[18:]


FRAMINGS: Final[dict[str, Frame]] = {
    "ethernet": (ETHERNET, lambda frame: frame),
    "padded": (ETHERNET, lambda frame: frame + bytes(6)),
    "tagged": (ETHERNET, tagged(0x8100)),
    "tagged_twice": (ETHERNET, tagged(0x88A8, 0x8100)),
    "tagged_the_old_way": (ETHERNET, tagged(0x9100, 0x8100)),
    "tagged_three_times": (ETHERNET, tagged(0x88A8, 0x8100, 0x8100)),
    "cooked": (COOKED, cooked),
    "cooked_tagged": (COOKED, lambda frame: cooked(tagged(0x8100)(frame))),
    "cooked_2": (COOKED_2, cooked_2),
    "cooked_2_tagged": (COOKED_2, lambda frame: cooked_2(tagged(0x8100)(frame))),
    "raw": (RAW, lambda frame: frame[14:]),
    "raw_bsd": (RAW_BSD, lambda frame: frame[14:]),
    "raw_openbsd": (RAW_OPENBSD, lambda frame: frame[14:]),
    "raw_ipv4": (RAW_IPV4, lambda frame: frame[14:]),
    "null": (NULL, lambda frame: struct.pack("<I", 2) + frame[14:]),
    "null_of_another_order": (NULL, lambda frame: struct.pack(">I", 2) + frame[14:]),
    "loop": (LOOP, lambda frame: struct.pack(">I", 2) + frame[14:]),
    "options": (ETHERNET, with_options),
    "extension_headers": (ETHERNET, with_extension_headers),
    "without_length": (ETHERNET, without_length),
    "gre_with_key": (ETHERNET, carried(47, b"\x20\x00\x08\x00" + bytes(4))),
    "gre_with_all": (ETHERNET, carried(47, b"\xb0\x00\x08\x00" + bytes(12))),
    "nvgre": (ETHERNET, carried(47, b"\x20\x00\x65\x58\x00\x00\x2a\x00", 0)),
    "vxlan_in_vlan": (ETHERNET, lambda frame: tagged(0x8100)(odd.vxlan(frame))),
    "vlan_in_vxlan": (ETHERNET, lambda frame: odd.vxlan(tagged(0x8100)(frame))),
    **{name: (ETHERNET, wrap) for name, wrap in odd.WRAPPINGS.items()},
}


def all_framings() -> bytes:
    """One conversation of each, one after the other; comments, names and statistics between the packets."""
    links = sorted({link for link, _ in FRAMINGS.values()})
    parts = [section(), *(interface(link) for link in links), block(4, bytes(4))]
    for place, (link, frame) in enumerate(FRAMINGS.values()):
        for at_s, packet in odd.plain().packets:
            ticks = round((1000 + place * APART_S + at_s) * 1e6)
            parts.append(enhanced(ticks, frame(_from_port(packet, FIRST_PORT + place)), links.index(link)))
        parts.append(block(5, struct.pack("<III", links.index(link), 0, 0)))
    return b"".join(parts)


def _from_port(packet: bytes, port: int) -> bytes:
    """The proxy's port is the larger one."""
    at = 34 if packet[34:36] > packet[36:38] else 36
    return packet[:at] + port.to_bytes(2, "big") + packet[at + 2 :]
