from __future__ import annotations

import ipaddress
import socket
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.live.bpf import MAX_PORTS, assemble, attach, program

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = b"Cookie: s3cr3t"
TCP_OPTIONS = bytes([1] * 12)


def _tcp(source: int, target: int) -> bytes:
    words = (5 + len(TCP_OPTIONS) // 4) << 4
    return struct.pack("!HHIIBBHHH", source, target, 1, 2, words, 0x18, 100, 0, 0) + TCP_OPTIONS


def _v4(protocol: int, body: bytes, fragment: int = 0, options: bytes = b"") -> bytes:
    first = 0x40 | (5 + len(options) // 4)
    length = 20 + len(options) + len(body)
    addresses = bytes([10, 0, 0, 1, 10, 0, 0, 2])
    return struct.pack("!BBHHHBBH", first, 0, length, 7, fragment, 64, protocol, 0) + addresses + options + body


def _v6(following: int, body: bytes) -> bytes:
    address = ipaddress.ip_address("fd00::1").packed
    return struct.pack("!IHBB", 6 << 28, len(body), following, 64) + address + address + body


def _passed(packet: bytes, ports: list[int], *, headers_only: bool = True) -> bytes | None:
    """What the kernel lets through; a datagram socket takes the same filters as a packet socket does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        theirs.setblocking(False)
        attach(theirs, assemble(program(ports, headers_only=headers_only)))
        ours.send(packet)
        try:
            return theirs.recv(1 << 16)
        except BlockingIOError:
            return None


@pytest.mark.parametrize(
    "wrap", [lambda tcp: _v4(6, tcp), lambda tcp: _v4(6, tcp, options=bytes(8)), lambda tcp: _v6(6, tcp)]
)
@pytest.mark.parametrize("ports", [(8080, 40000), (40000, 8080)])
def test_packets_of_the_port_are_cut_after_their_tcp_header(
    wrap: Callable[[bytes], bytes], ports: tuple[int, int]
) -> None:
    """Both directions, with options of either header; not one byte of what people send."""
    header = wrap(_tcp(*ports))
    packet = wrap(_tcp(*ports) + SECRET)
    assert _passed(packet, [8080]) == packet[: len(header)]
    assert _passed(packet, [1, 8080, 9000]) == packet[: len(header)]
    assert _passed(packet, [8081]) is None
    assert _passed(packet, []) == packet[: len(header)]


@pytest.mark.parametrize("wrap", [lambda tcp: _v4(6, tcp, options=bytes(8)), lambda tcp: _v6(6, tcp)])
@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\nSet-Cookie: s3cr3t", 12),
        (b"HTTP/1.0 200", 12),
        (b"HTTP/1.1 50", 0),
        (b"HTTP/2.0 503", 0),
        (b"HTTP ERROR 503", 0),
        (b"GET /?q=HTTP/1.1 HTTP/1.1", 0),
        (bytes([21, 3, 3, 0, 2, 2, 48]), 7),
        (bytes([20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 19]) + bytes(19), 11),
        (bytes([20, 3, 3, 0, 1, 1, 23, 3]), 8),
        (bytes([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 99, 99, 99]), 7),
        (bytes([23, 3, 3, 0, 19]) + bytes(19), 7),
        (bytes([23, 3, 9, 0, 19]) + bytes(19), 0),
        (bytes([24, 3, 3, 0, 19]) + bytes(19), 0),
        (bytes([21, 3, 3, 0, 2, 2]), 0),
    ],
)
def test_of_an_answer_the_status_is_kept_and_of_tls_the_kind_of_record(
    wrap: Callable[[bytes], bytes], payload: bytes, kept: int
) -> None:
    """And nothing after it; a segment that is shorter, or begins in another way, is cut after its header."""
    packet = wrap(_tcp(8080, 40000) + payload)
    assert _passed(packet, [8080]) == packet[: len(packet) - len(payload) + kept]


def test_whole_packets_only_when_asked_for() -> None:
    """`--payloads`."""
    packet = _v4(6, _tcp(8080, 1) + SECRET)
    assert _passed(packet, [8080], headers_only=False) == packet


def test_icmp_errors_about_the_port_are_kept_without_payload() -> None:
    """They quote the segment that could not be delivered."""
    quoted4 = bytes([3, 1, 0, 0, 0, 0, 0, 0]) + _v4(6, _tcp(40000, 8080) + SECRET)
    quoted6 = bytes([2, 0, 0, 0, 0, 0, 5, 0]) + _v6(6, _tcp(40000, 8080) + SECRET)
    for packet, kept_bytes in ((_v4(1, quoted4), 20 + 8 + 20 + 8), (_v6(58, quoted6), 40 + 8 + 40 + 8)):
        assert _passed(packet, [8080]) == packet[:kept_bytes]
        assert _passed(packet, [8081]) is None


@pytest.mark.parametrize(
    "packet",
    [
        _v4(17, _tcp(8080, 8080)),
        _v4(6, _tcp(8080, 8080), fragment=185),
        _v4(1, bytes([8, 0]) + bytes(60)),
        _v6(58, bytes([135, 0]) + bytes(100)),
        b"\x00" * 60,
        _v4(6, _tcp(8080, 8080))[:22],
    ],
    ids=["UDP", "later fragment", "ping", "neighbour discovery", "no IP", "cut"],
)
def test_everything_else_is_left_out(packet: bytes) -> None:
    """Whatever stands where ports would stand."""
    assert _passed(packet, [8080]) is None


def test_jumps_reach_with_as_many_ports_as_allowed() -> None:
    """The kernel refuses a program whose jumps leave it."""
    ports = list(range(1000, 1000 + MAX_PORTS))
    assert _passed(_v4(6, _tcp(ports[-1], 5)), ports) is not None
    with pytest.raises(ValueError, match="at most 100 ports, not 101"):
        program([*ports, 1])


@given(st.binary(min_size=1, max_size=120))
def test_nothing_but_a_beginning_ever_passes(packet: bytes) -> None:
    """Any bytes are dropped or cut."""
    passed = _passed(packet, [8080])
    assert passed is None or packet.startswith(passed)
