"""A socket filter that lets only the target's TCP headers through (classic BPF, kernel net/core/filter.c).

The filter's answer is how many bytes of the packet are kept, so that the kernel itself cuts each packet after its
TCP header, or after the status code of an answer (HTTP/1), or after the kind of a TLS record: what people send never
reaches this process. It sees packets from the network header on, as a packet socket of type SOCK_DGRAM gets them.

ICMP errors ("unreachable", "too big") are let through if the segment they quote belongs to the ports. Not
recognised: IPv6 with extension headers, later fragments of IPv4 packets, ICMP that quotes IP options.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

SO_ATTACH_FILTER: Final = 26
MAX_PORTS: Final = 100
"""A jump reaches 255 instructions, and each port takes two."""
WHOLE: Final = 0x40000

LD_BYTE, LD_BYTE_X, LD_HALF, LD_HALF_X, LD_WORD_X, LD_MEM = 0x30, 0x50, 0x28, 0x48, 0x40, 0x60
LD_IMM, LD_LENGTH, LDX_IMM, LDX_IHL, LDX_MEM, STORE = 0x00, 0x80, 0x01, 0xB1, 0x61, 0x02
ADD, ADD_X, SHIFT_RIGHT, SHIFT_LEFT, TO_X, TO_A = 0x04, 0x0C, 0x74, 0x64, 0x07, 0x87
JUMP, JUMP_EQ, JUMP_GT, JUMP_SET, JUMP_GE_X = 0x05, 0x15, 0x25, 0x45, 0x3D
RETURN, RETURN_A = 0x06, 0x16

TCP, ICMP, ICMPV6 = socket.IPPROTO_TCP, socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6
HTTP, VERSIONS = 0x48545450, (0x2F312E31, 0x2F312E30)
"""'HTTP', and '/1.1' or '/1.0': no request begins so."""
RECORDS: Final = (0x1403, 0x1503, 0x1603, 0x1703)
"""ChangeCipherSpec, alert, handshake, application data, and the major version (RFC 8446, section 5.1)."""
LAST_MINOR: Final = 4
RECORD_BYTES: Final = 5 + 2
"""Its header, and an alert's level and description, or a handshake message's type."""
CIPHER: Final = 0x14030300
"""ChangeCipherSpec, one byte long. TLS 1.3 sends it before its first encrypted record, for old middleboxes
(RFC 8446, appendix D.4)..."""
CIPHER_BYTES: Final = 6 + 5
"""...whose header follows: an alert is told by its length."""
STATUS_BYTES: Final = len("HTTP/1.1 503")
ICMP_UNREACHABLE, ICMP_TIME_EXCEEDED, ICMPV6_LAST_ERROR = 3, 11, 4


class Step(NamedTuple):
    """One instruction; `then` and `otherwise` name the labels to jump to, empty goes on."""

    code: int
    k: int = 0
    then: str = ""
    otherwise: str = ""
    label: str = ""


def program(ports: Collection[int], *, headers_only: bool = True) -> list[Step]:
    """Let through what is sent from or to one of the ports; without ports, all TCP."""
    if len(ports) > MAX_PORTS:
        raise ValueError(f"at most {MAX_PORTS} ports, not {len(ports)}")
    return [
        Step(LD_IMM, 0),
        Step(STORE, 0),  # on every way, or the kernel takes "keep" for a load of what was never stored
        Step(LD_BYTE, 0),
        Step(SHIFT_RIGHT, 4),
        Step(JUMP_EQ, 4, "", "not IPv4"),
        Step(LD_HALF, 6),
        Step(JUMP_SET, 0x1FFF, "drop"),  # a fragment without the TCP header
        Step(LDX_IHL, 0),
        Step(LD_BYTE, 9),
        Step(JUMP_EQ, TCP, "ports"),
        Step(JUMP_EQ, ICMP, "", "drop"),
        Step(LD_BYTE_X, 0),
        Step(JUMP_EQ, ICMP_UNREACHABLE, "quote"),
        Step(JUMP_EQ, ICMP_TIME_EXCEEDED, "", "drop"),
        Step(TO_A, label="quote"),  # X: where the ports stand; memory 0: how much is kept
        Step(ADD, 8 + 20),
        Step(TO_X),
        Step(ADD, 8),
        Step(STORE, 0),
        Step(JUMP, 0, "ports"),
        Step(JUMP_EQ, 6, "", "drop", label="not IPv4"),
        Step(LDX_IMM, 40),
        Step(LD_BYTE, 6),
        Step(JUMP_EQ, TCP, "ports"),
        Step(JUMP_EQ, ICMPV6, "", "drop"),
        Step(LD_BYTE, 40),
        Step(JUMP_GT, ICMPV6_LAST_ERROR, "drop"),
        Step(LDX_IMM, 40 + 8 + 40),
        Step(LD_IMM, 40 + 8 + 40 + 8),
        Step(STORE, 0),
        Step(JUMP, 0, "ports"),
        *_match(sorted(ports)),
        Step(RETURN, 0, label="drop"),
        Step(LD_MEM, 0, label="keep"),
        Step(JUMP_EQ, 0, "", "whole"),
        *_cut(headers_only),
        Step(RETURN_A, label="whole"),
    ]


def _match(ports: list[int]) -> Iterator[Step]:
    if not ports:
        yield Step(JUMP, 0, "keep", label="ports")
        return
    yield Step(LD_HALF_X, 0, label="ports")
    yield from (Step(JUMP_EQ, port, "keep") for port in ports)
    yield Step(LD_HALF_X, 2)
    yield from (Step(JUMP_EQ, port, "keep") for port in ports)
    yield Step(JUMP, 0, "drop")


def _cut(headers_only: bool) -> Iterator[Step]:
    """The length up to the end of the TCP header, in A; of a segment that begins as an answer, up to its status, and of
    one that begins as a TLS record, up to what kind of message or alert it is.

    Memory 1 holds where the payload begins. A packet too short for a look is dropped by the look, so its length is
    asked for first.
    """
    if not headers_only:
        yield Step(RETURN, WHOLE)
        return
    yield Step(LD_BYTE_X, 12)
    yield Step(SHIFT_RIGHT, 4)
    yield Step(SHIFT_LEFT, 2)
    yield Step(ADD_X)
    yield Step(STORE, 1)
    yield from _long_enough(RECORD_BYTES)
    yield Step(LD_WORD_X, 0)
    yield Step(JUMP_EQ, CIPHER, "cipher")
    yield Step(LD_HALF_X, 0)
    yield from (Step(JUMP_EQ, record, "record") for record in RECORDS)
    yield from _long_enough(STATUS_BYTES)
    yield Step(LD_WORD_X, 0)
    yield Step(JUMP_EQ, HTTP, "", "headers")
    yield Step(LD_WORD_X, 4)
    yield from (Step(JUMP_EQ, version, "status") for version in VERSIONS)
    yield Step(LD_MEM, 1, label="headers")
    yield Step(RETURN_A)
    yield Step(LD_BYTE_X, 2, label="record")
    yield Step(JUMP_GT, LAST_MINOR, "headers again")
    yield Step(LD_MEM, 1)
    yield Step(ADD, RECORD_BYTES)
    yield Step(RETURN_A)
    yield Step(LD_MEM, 1, label="cipher")
    yield Step(ADD, CIPHER_BYTES)
    yield Step(RETURN_A)
    yield Step(LD_MEM, 1, label="headers again")  # jumps go forward only
    yield Step(RETURN_A)
    yield Step(LD_MEM, 1, label="status")
    yield Step(ADD, STATUS_BYTES)


def _long_enough(payload_bytes: int) -> Iterator[Step]:
    """Else the look is over. Leaves in X where the payload begins."""
    yield Step(LD_MEM, 1)
    yield Step(ADD, payload_bytes)
    yield Step(TO_X)
    yield Step(LD_LENGTH)
    yield Step(JUMP_GE_X, 0, "", "headers")
    yield Step(LDX_MEM, 1)


def assemble(steps: list[Step]) -> bytes:
    """`struct sock_filter`s; labels become distances."""
    where = {step.label: number for number, step in enumerate(steps) if step.label}

    def distance(number: int, label: str) -> int:
        return where[label] - number - 1 if label else 0

    def instruction(number: int, step: Step) -> bytes:
        if step.code == JUMP:
            return struct.pack("=HBBI", JUMP, 0, 0, distance(number, step.then))
        then, otherwise = distance(number, step.then), distance(number, step.otherwise)
        return struct.pack("=HBBI", step.code, then, otherwise, step.k)

    return b"".join(instruction(number, step) for number, step in enumerate(steps))


def attach(packets: socket.socket, code: bytes) -> None:
    """From now on the socket gets only what the filter lets through."""
    instructions = ctypes.create_string_buffer(code)
    packets.setsockopt(
        socket.SOL_SOCKET,
        SO_ATTACH_FILTER,
        struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions)),
    )
