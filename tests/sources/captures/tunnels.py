"""Ways from one network namespace to another through tags and tunnels, made by this kernel.

VXLAN by its own device. Many kernels lack the modules for the others: there a TUN or TAP device, whose packets this
process tags or puts into outer ones. All TCP is the kernel's own, and so is what goes over the cable.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sources.captures.detail.network import Host

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_TAP, IFF_NO_PI = 1, 2, 0x1000
ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 263, 8, 0x10
IP_MTU_DISCOVER, IP_PMTUDISC_DONT = 10, 0
ENDS = "10.9.0.1", "10.9.0.2"
ENDS6 = "fd09::1", "fd09::2"
GENEVE_PORT = 6081
GENEVE_HEAD = b"\x02\0\x08\0\0\0\x09\0" + b"\x01\x02\x03\x01abcd"
"""One option of eight bytes, then IPv4 (RFC 8926, section 3.4)."""


class Tunnel(NamedTuple):
    """How a packet of the TUN device goes out."""

    protocol: int
    """Of the outer IP header; UDP: to GENEVE's port."""
    head: bytes = b""
    """Before each inner packet."""
    is_ethernet: bool = False
    is_outer6: bool = False
    mtu: int = 1400


TUNNELS = {
    "gre": Tunnel(47, b"\0\0\x08\0"),
    "gre_key": Tunnel(47, b"\x20\0\x08\0\0\0\0\x07"),
    "gre_ethernet": Tunnel(47, b"\0\0\x65\x58", is_ethernet=True),
    "gre_in_ipv6": Tunnel(47, b"\0\0\x08\0", is_outer6=True),
    "gre_in_fragments": Tunnel(47, b"\0\0\x08\0", mtu=1500),
    "ipip": Tunnel(4),
    "ip_in_ipv6": Tunnel(4, is_outer6=True),
    "geneve": Tunnel(17, GENEVE_HEAD),
}


def run(host: Host, *commands: str) -> None:
    for command in commands:
        host.call(lambda command=command: subprocess.run(command.split(), check=True))  # type: ignore[misc]


def tags(tag: bytes) -> Callable[[Host, int, str], None]:
    """A TAP device whose frames get tags (before the inner EtherType) on a packet socket."""

    def made(host: Host, end: int, address: str) -> None:
        device = host.call(lambda: _device(IFF_TAP))
        cable = host.call(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
        cable.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        cable.bind(("v0", ETH_P_ALL))
        run(host, "ip link set t0 mtu 1400", f"ip addr add {address}/24 dev t0")
        threading.Thread(target=_tag, args=(device, cable, tag), daemon=True).start()
        threading.Thread(target=_untag, args=(device, cable, len(tag) - 4), daemon=True).start()

    return made


def vxlan(host: Host, end: int, address: str) -> None:
    run(
        host,
        f"ip link add t0 type vxlan id 7 remote {ENDS[1 - end]} dstport 4789 dev v0",
        f"ip addr add {address}/24 dev t0",
    )


def tunnel(way: Tunnel) -> Callable[[Host, int, str], None]:
    """A TUN (or TAP) device and two threads that carry its packets."""

    def made(host: Host, end: int, address: str) -> None:
        device = host.call(lambda: _device(IFF_TAP if way.is_ethernet else IFF_TUN))
        outer = host.call(lambda: _outer(way, end))
        run(host, f"ip link set t0 mtu {way.mtu}", f"ip addr add {address}/24 dev t0")
        threading.Thread(target=_out, args=(device, outer, way), daemon=True).start()
        threading.Thread(target=_in, args=(device, outer, way), daemon=True).start()

    return made


WAYS: dict[str, Callable[[Host, int, str], None]] = {
    "vlan": tags(b"\x81\0\0\x05"),
    "qinq": tags(b"\x88\xa8\0\x05\x81\0\0\x06"),
    "vxlan": vxlan,
    **{name: tunnel(way) for name, way in TUNNELS.items()},
}
"""Each gives one end a device `t0` with an address inside; it must not be up before the other end has one."""


def _device(kind: int) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"t0", kind | IFF_NO_PI))
    return device


def _outer(way: Tunnel, end: int) -> socket.socket:
    family, ends = (socket.AF_INET6, ENDS6) if way.is_outer6 else (socket.AF_INET, ENDS)
    port = GENEVE_PORT if way.protocol == socket.IPPROTO_UDP else 0
    kind = socket.SOCK_DGRAM if port else socket.SOCK_RAW
    outer = socket.socket(family, kind, way.protocol)
    outer.bind((ends[end], port))
    outer.connect((ends[1 - end], port))
    if not way.is_outer6:
        outer.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    return outer


def _out(device: int, outer: socket.socket, way: Tunnel) -> None:
    while True:
        outer.send(way.head + os.read(device, 65536))


def _tag(device: int, cable: socket.socket, tag: bytes) -> None:
    while True:
        frame = os.read(device, 65536)
        cable.send(frame[:12] + tag + frame[12:])


def _untag(device: int, cable: socket.socket, inner_bytes: int) -> None:
    """The kernel has taken the outer tag off (`skb_vlan_untag`), and tells so beside the frame."""
    while True:
        frame, told, _, address = cable.recvmsg(65536, 64)
        if address[2] != socket.PACKET_OUTGOING and struct.unpack_from("I", told[0][2])[0] & TP_STATUS_VLAN_VALID:
            os.write(device, frame[:12] + frame[12 + inner_bytes :])


def _in(device: int, outer: socket.socket, way: Tunnel) -> None:
    """A raw IPv4 socket hands over the outer header as well."""
    skip = len(way.head) + (20 if outer.type == socket.SOCK_RAW and not way.is_outer6 else 0)
    while True:
        os.write(device, outer.recv(65536)[skip:])
