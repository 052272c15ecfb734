from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.captures.making import PROXY, TARGET, ethernet, ipv4, ipv6, tcp
from why502.sources.captures.detail.icmp import complaint
from why502.sources.captures.frames import Frame

ROUTER = b"\x0a\0\0\x01"
A6, B6, R6 = (bytes(15) + bytes([n]) for n in (1, 2, 3))


def told(packet: bytes, *, snap: int = 2000, ethertype: int = 0x0800) -> object:
    return complaint(Frame(7, 1.5, 1, ethernet(packet, ethertype)[:snap], len(packet) + 14))


def error4(kind: int, code: int, rest: int = 0) -> bytes:
    quoted = ipv4(PROXY[0], TARGET[0], tcp(PROXY, TARGET, 1, 0, 2))[:28]
    return ipv4(ROUTER, PROXY[0], struct.pack("!BBHI", kind, code, 0, rest) + quoted, protocol=1)


@pytest.mark.parametrize(
    ("kind", "code", "rest", "name", "mtu_bytes"),
    [
        (3, 1, 0, "host unreachable", None),
        (3, 13, 0, "administratively prohibited", None),
        (3, 4, 1400, "fragmentation needed", 1400),
        (3, 4, 0, "fragmentation needed", None),
        (11, 0, 0, "time exceeded", None),
    ],
)
def test_icmp_errors_quote_their_connection(kind: int, code: int, rest: int, name: str, mtu_bytes: int | None) -> None:
    """Eight bytes of TCP are enough: both ports (RFC 792)."""
    found = complaint(Frame(7, 1.5, 1, ethernet(error4(kind, code, rest)), 70))
    assert found is not None
    assert (found.name, found.mtu_bytes, found.complainer) == (name, mtu_bytes, "10.0.0.1")
    assert (found.sender, found.receiver) == tuple(a + port.to_bytes(2, "big") for a, port in (PROXY, TARGET))


def test_icmpv6_packet_too_big() -> None:
    """The same complaint, with its MTU in 32 bits (RFC 4443, 3.2)."""
    quoted = ipv6(A6, B6, tcp((A6, 40000), (B6, 443), 1, 0, 2))
    found = told(ipv6(R6, A6, struct.pack("!BBHI", 2, 0, 0, 1280) + quoted, kind=58), ethertype=0x86DD)
    assert found is not None
    assert (found.name, found.mtu_bytes, found.complainer) == ("fragmentation needed", 1280, "::3")  # type: ignore[attr-defined]


def test_what_is_no_error_about_tcp_is_passed_over() -> None:
    """Echo, an error about UDP, and one that is cut before the ports."""
    echo = ipv4(ROUTER, PROXY[0], struct.pack("!BBHI", 8, 0, 0, 0) + bytes(40), protocol=1)
    about_udp = bytearray(error4(3, 3))
    about_udp[20 + 8 + 9] = 17
    assert told(echo) is None
    assert told(bytes(about_udp)) is None
    assert all(told(error4(3, 1), snap=snap) is None for snap in range(14, 14 + 20 + 8 + 24))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120), st.sampled_from([0, 1, 101, 113, 276]))
def test_any_bytes_are_an_error_or_none(data: bytes, link: int) -> None:
    """Lying length fields never read outside the packet."""
    complaint(Frame(1, 0.0, link, data, len(data)))
    complaint(Frame(1, 0.0, 1, error4(3, 1)[:20] + data, 500))
