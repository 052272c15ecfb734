from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.captures.making import ACK, PROXY, SYN, TARGET, ethernet, ipv4, ipv6, tcp
from why502.sources.captures.frames import Frame
from why502.sources.captures.links import CUT_SHORT
from why502.sources.captures.packets import Segment, decode

PACKET = ipv4(PROXY[0], TARGET[0], tcp(PROXY, TARGET, 1, 2, ACK, 10), ip_id=77)
PROXY6, TARGET6 = (bytes(15) + b"\x05", 40000), (bytes(15) + b"\x07", 8080)
TCP6 = tcp(PROXY6, TARGET6, 1, 2, ACK, 10)
PACKET6 = ipv6(PROXY6[0], TARGET6[0], TCP6)
VLAN = struct.pack("!HH", 5, 0x0800)
SLL2_TAIL = bytes(18)


def decoded(data: bytes, link: int = 1, wire_bytes: int | None = None) -> Segment | None | str:
    return decode(Frame(1, 0.0, link, data, len(data) if wire_bytes is None else wire_bytes))


@pytest.mark.parametrize(
    ("link", "data"),
    [
        (1, ethernet(PACKET)),
        (1, ethernet(VLAN + PACKET, 0x8100)),
        (1, ethernet(struct.pack("!HH", 5, 0x8100) + VLAN + PACKET, 0x88A8)),
        (113, bytes(14) + b"\x08\0" + PACKET),
        (113, bytes(14) + b"\x81\0" + VLAN + PACKET),
        (276, b"\x08\0" + SLL2_TAIL + PACKET),
        (276, b"\x81\0" + SLL2_TAIL + VLAN + PACKET),
        (101, PACKET),
        (228, PACKET),
        (0, b"\x02\0\0\0" + PACKET),
        (0, b"\0\0\0\x02" + PACKET),
        (108, b"\0\0\0\x02" + PACKET),
    ],
)
def test_every_link_type_leads_to_the_same_segment(link: int, data: bytes) -> None:
    """Ethernet, VLAN tags, both Linux cooked forms, raw IP and BSD loopback are understood."""
    segment = decoded(data, link)
    assert isinstance(segment, Segment)
    assert segment.sender == PROXY[0] + PROXY[1].to_bytes(2, "big")
    assert segment.receiver == TARGET[0] + TARGET[1].to_bytes(2, "big")
    assert (segment.ip_id, segment.seq, segment.ack, segment.payload_bytes) == (77, 1, 2, 10)


@pytest.mark.parametrize(
    ("kind", "extension"),
    [
        (6, b""),
        (0, b"\x06\0" + bytes(6)),
        (60, b"\x2b\x01" + bytes(14) + b"\x06\0" + bytes(6)),
        (44, b"\x06\0\0\x01" + bytes(4)),
        (51, b"\x06\x04" + bytes(22)),
    ],
)
@pytest.mark.parametrize("link", [101, 229])
def test_ipv6_extension_headers_are_stepped_over(kind: int, extension: bytes, link: int) -> None:
    """Hop-by-hop, destination, routing, fragment (the first) and authentication headers."""
    segment = decoded(ipv6(PROXY6[0], TARGET6[0], extension + TCP6, kind=kind), link)
    assert isinstance(segment, Segment)
    assert (segment.sender[-2:], segment.payload_bytes) == (PROXY6[1].to_bytes(2, "big"), 10)


def test_ipv4_options_and_tcp_options() -> None:
    """Header lengths are read, not assumed."""
    body = bytearray(tcp(PROXY, TARGET, 1, 2, SYN, 12))
    body[12] = 0x70
    packet = bytearray(ipv4(PROXY[0], TARGET[0], bytes(4) + bytes(body)))
    packet[0] = 0x46
    segment = decoded(bytes(packet), 101)
    assert isinstance(segment, Segment)
    assert segment.payload_bytes == 4


@pytest.mark.parametrize("captured_bytes", [54, 48])
def test_headers_only_captures_know_the_payload(captured_bytes: int) -> None:
    """The payload's length comes from the IP header; the flags end 48 bytes into the packet."""
    segment = decoded(ethernet(PACKET)[:captured_bytes], wire_bytes=64)
    assert isinstance(segment, Segment)
    assert segment.payload_bytes == 10


def test_packets_longer_than_the_ip_length_field() -> None:
    """Unsegmented packets of more than 64 KiB carry the length 0: the file tells how long they were."""
    packet = bytearray(ethernet(PACKET))
    packet[16:18] = b"\0\0"
    segment = decoded(bytes(packet), wire_bytes=54 + 100_000)
    assert isinstance(segment, Segment)
    assert segment.payload_bytes == 100_000


@pytest.mark.parametrize(
    "data",
    [
        ethernet(bytes(28), 0x0806),
        ethernet(bytes(30), 0x0026),
        ethernet(ipv4(PROXY[0], TARGET[0], bytes(8), protocol=17)),
        ethernet(ipv6(PROXY6[0], TARGET6[0], bytes(8), kind=58), 0x86DD),
    ],
)
def test_other_traffic_is_understood_and_passed_over(data: bytes) -> None:
    """ARP, 802.3 frames, UDP and ICMP are no TCP, and no failure to read."""
    assert decoded(data) is None


@pytest.mark.parametrize(
    ("data", "link", "why"),
    [
        (ethernet(PACKET)[:47], 1, CUT_SHORT),
        (ethernet(PACKET)[:20], 1, CUT_SHORT),
        (ethernet(PACKET)[:5], 1, CUT_SHORT),
        (PACKET6[:45], 101, CUT_SHORT),
        (b"", 101, CUT_SHORT),
        (ethernet(ipv4(PROXY[0], TARGET[0], bytes(20), fragment=0x00B9)), 1, "a later fragment"),
        (ipv6(PROXY6[0], TARGET6[0], b"\x06\0\x05\xc8" + bytes(30), kind=44), 101, "a later fragment"),
        (ethernet(ipv4(PROXY[0], TARGET[0], bytes(20))), 1, "a TCP header that does not fit"),
        (b"\x35" + PACKET[1:], 101, "IP version 3"),
        (b"\x41" + PACKET[1:], 101, "a damaged IPv4 header"),
        (ethernet(PACKET, 0x8864), 1, "PPPoE is not looked into"),
        (PACKET, 147, "link type 147 is not known"),
    ],
)
def test_what_is_not_understood_says_why(data: bytes, link: int, why: str) -> None:
    """Cut, fragmented, damaged, tunnelled or unknown: each with its reason."""
    answer = decoded(data, link)
    assert isinstance(answer, str)
    assert answer.startswith(why)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([0, 1, 12, 101, 108, 113, 228, 229, 276, 999]), st.binary(max_size=120), st.integers(0, 1 << 32))
def test_any_packet_gets_an_answer(link: int, data: bytes, wire_bytes: int) -> None:
    """No packet raises, and no payload is negative."""
    answer = decoded(data, link, wire_bytes)
    assert not isinstance(answer, Segment) or answer.payload_bytes >= 0
