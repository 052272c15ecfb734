"""A tap on the loopback, and what it writes."""

from __future__ import annotations

import socket
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SO_TIMESTAMPNS = 35

PACKET_OUTGOING = 4

SNAP_BYTES = 96


class Tap:
    """Everything on the loopback, as tcpdump sees it: each packet once, with the kernel's time."""

    def __init__(self) -> None:
        self.packets: list[tuple[int, int, bytes]] = []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("lo", 0))
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            data, ancillary, _, address = self._socket.recvmsg(1 << 18, 64)
            if address[2] != PACKET_OUTGOING:
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
                self.packets.append((seconds, nanoseconds, data))

    def write(self, path: Path, ports: set[int], since: int) -> None:
        """The packets of some ports, captured since a position, as a pcap file with nanoseconds."""
        with path.open("wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, SNAP_BYTES, 1))
            for seconds, nanoseconds, data in self.packets[since:]:
                tcp = 54 if data[12:14] == b"\x86\xdd" else 34
                if ports & set(struct.unpack_from("!HH", data, tcp)):
                    head = data[:SNAP_BYTES]
                    file.write(struct.pack("<IIII", seconds, nanoseconds, len(head), len(data)) + head)
