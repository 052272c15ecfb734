"""The messages of `sock_diag` (linux/inet_diag.h, linux/sock_diag.h, linux/netlink.h), packed and unpacked."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NETLINK_SOCK_DIAG: Final = 4
TCPDIAG_GETSOCK: Final = 18
SOCK_DIAG_BY_FAMILY: Final = 20
NLM_F_REQUEST: Final = 0x1
NLM_F_REQUEST_DUMP: Final = NLM_F_REQUEST | 0x300
NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
TCPF_LISTEN: Final = 1 << 10
INET_DIAG_SKMEMINFO: Final = 7
SK_MEMINFO_DROPS: Final = 8

NLMSGHDR: Final = struct.Struct("=IHHII")
"""Length, type, flags, sequence number, port (linux/netlink.h)."""
REQUEST: Final = struct.Struct("=IHHII BBBxI 48s")
"""nlmsghdr and inet_diag_req_v2: family, protocol, extensions, states, socket id."""
ANY: Final = bytes(48)
"""No socket in particular."""
OLD_REQUEST: Final = struct.Struct("=IHHII 3xB 48x I 4x")
"""nlmsghdr and inet_diag_req: extensions, an empty socket id, states."""
MESSAGE: Final = struct.Struct("=IH 10x B 3x 20s 32x II 4x I")
"""Length and type of nlmsghdr; of inet_diag_msg: family, source (port and address in one), queue, limit, inode."""
QUEUE: Final = struct.Struct("=72x II 4x I")
"""Queue, limit and inode alone."""
IDENTITY: Final = struct.Struct("=16x B 3x 48s")
"""Family and socket id (ports, addresses, interface, cookie)."""
ID_BYTES_OF_PLACE: Final = 40
"""As much of a socket id as names the place where it listens, without the cookie, which names the very socket."""
HEAD: Final = struct.Struct("=IH")
"""Length and type alone."""
ATTRIBUTE: Final = struct.Struct("=HH")
ERROR: Final = struct.Struct("=i")
DROPS: Final = struct.Struct("=I")


def header(layout: struct.Struct, kind: int) -> tuple[int, int, int, int, int]:
    """The nlmsghdr of a request for a dump."""
    return layout.size, kind, NLM_F_REQUEST_DUMP, 0, 0


def message_ends(datagram: bytes) -> list[int]:
    """Where each message ends by its own word, which may be beyond the datagram."""
    ends: list[int] = []
    at = 0
    while at + HEAD.size <= len(datagram):
        at += HEAD.unpack_from(datagram, at)[0] + 3 & ~3 or len(datagram)
        ends.append(at)
    return ends


def identities(datagram: bytes) -> Iterator[tuple[int, bytes]]:
    """Family and socket id of each message."""
    at = 0
    while at < len(datagram):
        length, kind = HEAD.unpack_from(datagram, at)
        if kind <= NLMSG_DONE:
            return
        yield IDENTITY.unpack_from(datagram, at)
        at += length + 3 & ~3 or len(datagram)


MAPPED = bytes(10) + b"\xff\xff"
"""How an IPv6 address begins that stands for an IPv4 address (RFC 4291, section 2.5.5.2)."""


def find_attribute(buffer: bytes | bytearray, at: int, end: int, wanted: int) -> int | None:
    """Where a netlink attribute begins between `at` and `end`, None if it is not there."""
    while at + ATTRIBUTE.size <= end:
        length, kind = ATTRIBUTE.unpack_from(buffer, at)
        if kind == wanted:
            return at
        at += max(length + 3 & ~3, ATTRIBUTE.size)
    return None


def address_text(family: int, packed: bytes, port: int) -> str:
    """An address as people write it.

    >>> address_text(socket.AF_INET, bytes([127, 0, 0, 1]), 80), address_text(socket.AF_INET6, bytes(16), 80)
    ('127.0.0.1:80', '[::]:80')

    An IPv6 socket that is bound to an IPv4 address (all of Java's are) is reached, and written, by the latter:

    >>> address_text(socket.AF_INET6, MAPPED + bytes([10, 0, 0, 7]), 80)
    '10.0.0.7:80'
    """
    if family == socket.AF_INET6 and packed.startswith(MAPPED):
        family, packed = socket.AF_INET, packed[len(MAPPED) :]
    if family == socket.AF_INET:
        return f"{socket.inet_ntop(family, packed[:4])}:{port}"
    return f"[{socket.inet_ntop(family, packed)}]:{port}"
