"""Proxy - router - target: three network namespaces of this process, gone with it; taps at both ends.

The path from router to target takes packets of 1,200 bytes at most, so that larger ones meet what a tunnel does.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pyroute2 import IPRoute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    T = TypeVar("T")

CLONE_NEWNET = 0x40000000
SO_TIMESTAMPNS = 35
PROXY, TARGET, NOWHERE = "10.9.1.1", "10.9.2.1", "10.9.3.1"
ROUTER_TO_PROXY, ROUTER_TO_TARGET = "10.9.1.2", "10.9.2.2"
NARROW_MTU_BYTES = 1200


class Host:
    """A network namespace that lives in one thread, which does what is asked of it."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self.door = self.call(_new_namespace)

    def call(self, function: Callable[[], T]) -> T:
        return self._pool.submit(function).result(30)

    def socket(self) -> socket.socket:
        """A TCP socket that belongs to this namespace, wherever it is used."""
        return self.call(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))

    def nft(self, text: str) -> None:
        self.call(lambda: subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True))

    def lose(self, rule: str) -> str:
        """Packets that match vanish here from now on."""
        name = f"lost_{threading.get_ident()}"
        self.nft(f"table inet {name} {{ chain c {{ type filter hook forward priority 0; {rule} drop; }}; }}")
        return name

    @contextmanager
    def lost(self, rule: str) -> Iterator[None]:
        """Packets that match vanish here for a while, on their way through."""
        name = self.lose(rule)
        try:
            yield
        finally:
            self.nft(f"delete table inet {name}")


def _new_namespace() -> int:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network namespace of our own")
    with IPRoute() as routes:
        routes.link("set", index=1, state="up")
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


class Tap:
    """Everything on one interface, as tcpdump sees it there, with the kernel's time."""

    def __init__(self, host: Host) -> None:
        self.packets: list[tuple[int, int, bytes]] = []
        self._socket = host.call(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("eth0", 0))
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            data, ancillary, _, _ = self._socket.recvmsg(1 << 18, 64)
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            self.packets.append((seconds, nanoseconds, data))

    def write(self, path: Path, port: int, *, ahead_s: int = 0, snap_bytes: int = 1 << 16) -> None:
        """The packets of one port, quoted ones included; `ahead_s`: how wrong this end's clock is."""
        needle = struct.pack("!H", port)
        with path.open("wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap_bytes, 1))
            for seconds, nanoseconds, data in self.packets:
                if data[12:14] == b"\x08\x00" and needle in (data[34:36], data[36:38], data[62:64], data[64:66]):
                    head = data[:snap_bytes]
                    file.write(struct.pack("<IIII", seconds + ahead_s, nanoseconds, len(head), len(data)) + head)


class Network:
    """The three hosts, wired."""

    def __init__(self) -> None:
        self.proxy, self.router, self.target = Host(), Host(), Host()
        self._wire(self.proxy, "eth0", PROXY, "eth0", ROUTER_TO_PROXY, 1500)
        self._wire(self.target, "eth0", TARGET, "eth1", ROUTER_TO_TARGET, 1500)
        self.router.call(lambda: _forward(NARROW_MTU_BYTES))
        self.proxy.call(lambda: _route(ROUTER_TO_PROXY))
        self.target.call(lambda: _route(ROUTER_TO_TARGET))
        self.at_proxy, self.at_target = Tap(self.proxy), Tap(self.target)

    def _wire(self, host: Host, name: str, address: str, far_name: str, far_address: str, mtu: int) -> None:
        """A cable between a host and the router."""
        host.call(lambda: _cable(name, far_name, self.router.door))
        host.call(lambda: _address(name, address, mtu))
        self.router.call(lambda: _address(far_name, far_address, mtu))


def _cable(name: str, far_name: str, far_door: int) -> None:
    with IPRoute() as routes:
        peer = {"ifname": far_name, "net_ns_fd": far_door}
        routes.link("add", ifname=name, kind="veth", peer=peer)


def _address(name: str, address: str, mtu: int) -> None:
    with IPRoute() as routes:
        index = routes.link_lookup(ifname=name)[0]
        # One segment a packet, as on a real wire: otherwise the kernel hands over 64 KiB at once.
        routes.link("set", index=index, state="up", mtu=mtu, gso_max_segs=1)
        routes.addr("add", index=index, address=address, prefixlen=24)


def _route(gateway: str) -> None:
    with IPRoute() as routes:
        routes.route("add", dst="default", gateway=gateway)


def _forward(mtu: int) -> None:
    """Routes between the two; the way to the target is narrow, and there is none to 10.9.3.0/24."""
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    with IPRoute() as routes:
        narrow = routes.link_lookup(ifname="eth1")[0]
        routes.route("add", dst=f"{TARGET}/32", oif=narrow, metrics={"mtu": mtu})
        routes.route("add", dst="10.9.3.0/24", type="unreachable")
