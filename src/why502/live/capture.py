"""Captures packets of one network namespace (AF_PACKET, packet(7)) as pcapng.

with Capture(Path("/run/netns/proxy"), None, [8080], Path("capture.pcapng")):
    time.sleep(30)
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import select
import socket
import struct
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from why502.errors import Why502Error
from why502.host import namespaces
from why502.live import bpf
from why502.live.pcapng import SLL2
from why502.live.ring import PacketRing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

ETH_P_ALL: Final = 3
SOL_PACKET, PACKET_STATISTICS, PACKET_AUXDATA = 263, 6, 8
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
PACKET_OUTGOING: Final = 4
LOOPBACK: Final = 772
"""ARPHRD_LOOPBACK (net/if_arp.h)"""

HEADERS_BYTES: Final = 256
"""IP header of at most 60 and TCP header of at most 60 bytes, or an ICMP error, with room to spare."""
PACKET_BYTES: Final = 256 * 1024
RECEIVE_BUFFER_BYTES: Final = 64 << 20
"""What may wait in the kernel while we are busy: some 80,000 packets."""
MAX_FILE_BYTES: Final = 256 << 20
TIMESPEC: Final = struct.Struct("@ll")
SIOCGIFINDEX: Final = 0x8933
SOCKADDR_LL: Final = struct.Struct("@HHi12x")
IFREQ: Final = struct.Struct("@16si20x")
AUXDATA_ORIGINAL: Final = struct.Struct("@II")
"""The first two fields of `struct tpacket_auxdata`: status, length of the packet before it was cut."""


class Capture:
    """Packets from and to `ports` (all TCP when empty), on one interface or on all of them, while it is open.

    Only headers, status codes of answers and kinds of TLS records are kept unless `headers_only` is False. The file
    never grows beyond `max_file_bytes`: the oldest packets go first. Needs CAP_NET_RAW, and CAP_SYS_ADMIN for a foreign
    namespace; entering raises Why502Error without them.
    """

    def __init__(
        self,
        netns: Path | None,
        interface: str | None,
        ports: Sequence[int],
        out: Path,
        *,
        headers_only: bool = True,
        max_file_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        self.packets = 0
        """Written so far."""
        self.dropped = 0
        """Lost because we were too slow; known at the end."""
        self._netns, self._interface, self._ports = netns, interface, tuple(ports)
        self._headers_only = headers_only
        self._buffer = bytearray(HEADERS_BYTES if headers_only else PACKET_BYTES)
        self._ring = PacketRing(out, max_file_bytes, snap_bytes=len(self._buffer))
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="capture")
        self._done: Future[None]
        self._numbers: dict[str, int] = {}

    def __enter__(self) -> Self:
        try:
            door = self._netns or Path("/proc/self/ns/net")
            self._socket = namespaces.inside(door, self._open)
        except OSError as error:
            raise self._refused(error) from error
        self._ring.open()
        self._done = self._thread.submit(self._run)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        with self._socket, self._thread:
            self._done.result()
            # tp_packets and tp_drops of struct tpacket_stats
            _, self.dropped = struct.unpack("=II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
            self._ring.close(self.dropped)

    def _open(self) -> socket.socket:
        """Runs inside the namespace. Protocol 0 until the filter is there, so that nothing else comes before."""
        with ExitStack() as stack:
            packets = stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0))
            bpf.attach(packets, bpf.assemble(bpf.program(self._ports, headers_only=self._headers_only)))
            _enlarge(packets)
            packets.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            packets.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            packets.setblocking(False)
            _bind(packets, self._interface)
            stack.pop_all()
        return packets

    def _refused(self, error: OSError) -> Why502Error:
        where = f"{self._interface or 'all interfaces'} of {self._netns or 'this network namespace'}"
        if error.errno in (errno.EPERM, errno.EACCES):
            return Why502Error("cannot capture", where=where, why="needs CAP_NET_RAW", hint="run it as root")
        return Why502Error("cannot capture", where=where, why=error.strerror or str(error))

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while not self._stop.is_set():
            poll.poll(50)
            self._drain(time.time_ns())
        self._drain(time.time_ns())

    def _drain(self, until_ns: int) -> None:
        """Write what waits, up to the first packet that came after `until_ns`: a busy network cannot hold us.

        The kernel begins to stamp packets some time after it was asked to (`net_enable_timestamp` leaves that to a
        workqueue), and until then stamps them as we fetch them (`__sock_recv_timestamp`): that says nothing of when
        they came.
        """
        while True:
            asked_ns = time.time_ns()
            try:
                size, ancillary, _, address = self._socket.recvmsg_into([self._buffer], 128)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno == errno.ENETDOWN:  # told once when an interface goes down; others go on
                    continue
                raise
            at_ns, original_bytes = _ancillary(ancillary, size)
            _, protocol, packet_type, hardware, hardware_address = address
            if hardware == LOOPBACK and packet_type == PACKET_OUTGOING:
                continue  # loopback shows every packet twice
            sll2 = SLL2.pack(
                *(protocol, 0, self._number(address[0]), hardware, packet_type),
                *(len(hardware_address), hardware_address[:8]),
            )
            self._ring.write(at_ns, sll2, memoryview(self._buffer)[:size], original_bytes)
            self.packets += 1
            if until_ns < at_ns < asked_ns:
                return

    def _number(self, interface: str) -> int:
        if interface not in self._numbers:
            try:
                self._numbers[interface] = _index(self._socket, interface)
            except OSError:  # it is gone
                self._numbers[interface] = 0
        return self._numbers[interface]


def _index(packets: socket.socket, interface: str) -> int:
    """An interface's number in the namespace of the socket, which need not be ours."""
    number: int = IFREQ.unpack(fcntl.ioctl(packets, SIOCGIFINDEX, IFREQ.pack(interface.encode(), 0)))[1]
    return number


def _bind(packets: socket.socket, interface: str | None) -> None:
    """Begin to receive. `socket.bind` knows no way to say "all interfaces"."""
    number = _index(packets, interface) if interface else 0
    libc = ctypes.CDLL(None, use_errno=True)
    address = SOCKADDR_LL.pack(socket.AF_PACKET, socket.htons(ETH_P_ALL), number)
    if libc.bind(packets.fileno(), address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _enlarge(packets: socket.socket) -> None:
    """As much room as we may have: without CAP_NET_ADMIN net.core.rmem_max is the limit."""
    try:
        packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    except PermissionError:
        packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)


def _ancillary(messages: list[tuple[int, int, bytes]], size: int) -> tuple[int, int]:
    """When the kernel saw the packet, and how long it was before it was cut."""
    at_ns, original_bytes = 0, size
    for level, kind, data in messages:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = TIMESPEC.unpack(data)
            at_ns = seconds * 1_000_000_000 + nanoseconds
        elif level == SOL_PACKET and kind == PACKET_AUXDATA:
            original_bytes = AUXDATA_ORIGINAL.unpack_from(data)[1]
    return at_ns or time.time_ns(), original_bytes
