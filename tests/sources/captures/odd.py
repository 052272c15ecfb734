"""Captures of traffic that comes wrapped, cut or late: one conversation each, the same as in the plain form."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.sources.captures.making import (
    ACK,
    PSH,
    SYN,
    Talk,
    block,
    enhanced,
    ethernet,
    interface,
    ipv4,
    ipv6,
    pcap,
    section,
    tcp,
)

if TYPE_CHECKING:
    from collections.abc import Callable

OUTER = b"\x0a\x09\0\x01", b"\x0a\x09\0\x02"
OUTER6 = bytes(15) + b"\x01", bytes(15) + b"\x02"
PROXY6, TARGET6 = (bytes(15) + b"\x05", 40000), (bytes(15) + b"\x07", 8080)


def plain() -> Talk:
    return Talk().handshake().exchange(1.0).exchange(2.0)


def udp(port: int, body: bytes) -> bytes:
    return struct.pack("!HHHH", 50000, port, 8 + len(body), 0) + body


def vxlan(frame: bytes, port: int = 4789, header: bytes = b"\x08\0\0\0\0\0\x2a\0") -> bytes:
    body = udp(port, header + frame)
    return ethernet(ipv4(*OUTER, body, protocol=17))


def vxlan_with_policy(frame: bytes) -> bytes:
    """As switches with group policies write it: in reserved bits, which receivers ignore (RFC 7348, section 5)."""
    return vxlan(frame, header=b"\x88\0\0\x07\0\0\x2a\x01")


def geneve(frame: bytes) -> bytes:
    body = udp(6081, b"\x02\0\x65\x58\0\0\x2a\0" + bytes(8) + frame)
    return ethernet(ipv4(*OUTER, body, protocol=17))


def gre(frame: bytes) -> bytes:
    return ethernet(ipv4(*OUTER, b"\x30\0\x08\0" + bytes(8) + frame[14:], protocol=47))


def gre_ethernet(frame: bytes) -> bytes:
    return ethernet(ipv4(*OUTER, b"\0\0\x65\x58" + frame, protocol=47))


def erspan(frame: bytes) -> bytes:
    return ethernet(ipv4(*OUTER, b"\x10\0\x88\xbe" + bytes(4) + b"\x10\x01" + bytes(6) + frame, protocol=47))


def ipip(frame: bytes) -> bytes:
    return ethernet(ipv4(*OUTER, frame[14:], protocol=4))


def ip_in_ipv6(frame: bytes) -> bytes:
    return ethernet(ipv6(*OUTER6, frame[14:], kind=4), 0x86DD)


def qinq(frame: bytes) -> bytes:
    return frame[:12] + struct.pack("!HHHH", 0x88A8, 5, 0x8100, 6) + frame[12:]


WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "vxlan": vxlan,
    "vxlan_with_policy": vxlan_with_policy,
    "geneve": geneve,
    "gre": gre,
    "gre_ethernet": gre_ethernet,
    "erspan": erspan,
    "ipip": ipip,
    "ip_in_ipv6": ip_in_ipv6,
    "qinq": qinq,
}


def wrapped(name: str) -> bytes:
    return pcap([(at_s, WRAPPINGS[name](frame)) for at_s, frame in plain().packets])


def fragmented(frame: bytes, size: int = 64) -> list[bytes]:
    """The pieces of an IPv4 packet whose payload is longer than `size` (a multiple of 8)."""
    head, body = frame[14:34], frame[34:]
    pieces = []
    for offset in range(0, len(body), size):
        more = 0x2000 if offset + size < len(body) else 0
        piece = ipv4(
            head[12:16], head[16:20], body[offset : offset + size],
            ip_id=int.from_bytes(head[4:6], "big"), fragment=more | offset // 8,
        )  # fmt: skip
        pieces.append(ethernet(piece))
    return pieces


def in_fragments() -> bytes:
    return pcap([(at_s, piece) for at_s, frame in plain().packets for piece in fragmented(frame)])


def over_ipv6() -> bytes:
    """A handshake and a request whose second half is in another fragment."""
    there, back = (PROXY6, TARGET6), (TARGET6, PROXY6)
    steps = ((*there, 99, 0, SYN), (*back, 499, 100, SYN | ACK), (*there, 100, 500, ACK))
    packets = [ethernet(ipv6(s[0], r[0], tcp(s, r, seq, ack, flags)), 0x86DD) for s, r, seq, ack, flags in steps]
    body = tcp(PROXY6, TARGET6, 100, 500, PSH | ACK, 100)
    for offset in (0, 80):
        field = offset | int(offset == 0)
        header = struct.pack("!BBHI", 6, 0, field, 7)
        packets.append(ethernet(ipv6(PROXY6[0], TARGET6[0], header + body[offset:][:80], kind=44), 0x86DD))
    return pcap([(1.0 + index / 1000, frame) for index, frame in enumerate(packets)])


def odd_captures() -> dict[str, bytes]:
    """Every one of them, by name."""
    ng = section() + interface(options=struct.pack("<HHB3x", 9, 1, 9))
    frames = plain().packets
    return {
        **{name: wrapped(name) for name in WRAPPINGS},
        "in_fragments": in_fragments(),
        "over_ipv6": over_ipv6(),
        "pcapng": ng + b"".join(enhanced(round(at_s * 1e9), frame) for at_s, frame in frames),
        "pcapng_journal": ng
        + b"".join(
            enhanced(round(at_s * 1e9), frame) + block(9, b"__REALTIME_TIMESTAMP=1000000000\n")
            for at_s, frame in frames
        ),
        "pcapng_binary": section(">")
        + interface(options=struct.pack(">HHB3x", 9, 1, 0x80 | 40), order=">")
        + b"".join(enhanced(round(at_s * 2**40), frame, order=">") for at_s, frame in frames),
    }
