"""Records the captures of `recorded/`: real sockets, a real kernel, every way in which a conversation can end.

    sudo python -m tests.sources.captures.recording tests/sources/captures/recorded

Runs in a network namespace of its own, which lives in this process alone and vanishes with it. Proxy and target
talk over its loopback; nftables loses packets where a scenario needs that. Prints, as JSON, how the kernel's
counters grew during each scenario.
"""

from __future__ import annotations

import ctypes
import json
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pyroute2 import IPRoute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLONE_NEWNET = 0x40000000
SO_TIMESTAMPNS = 35
PACKET_OUTGOING = 4
SNAP_BYTES = 96
REQUEST = b"GET /api HTTP/1.1\r\nHost: target\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
COOKIE_ROUNDS = 40
KEPT: list[socket.socket] = []
"""Ends that must not say goodbye before the recording is over."""
DEADLINE_S = 60
"""The process ends by then, whatever hangs, and its namespace with it."""


def listen(port: int, backlog: int = 128, family: int = socket.AF_INET) -> socket.socket:
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
    listener.listen(backlog)
    return listener


def connect(port: int, timeout_s: float = 10) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout_s)


def connected(port: int) -> tuple[socket.socket, socket.socket]:
    """Both ends of a fresh connection: the opener's, the target's."""
    with listen(port) as listener:
        opener = connect(port)
        return opener, listener.accept()[0]


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def accept_and_close(listener: socket.socket, count: int) -> None:
    for _ in range(count):
        listener.accept()[0].close()


def exchange(opener: socket.socket, target: socket.socket) -> None:
    opener.sendall(REQUEST)
    target.recv(4096)
    target.sendall(ANSWER)
    opener.recv(4096)


def nft(text: str) -> None:
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


@contextmanager
def lost(rule: str) -> Iterator[None]:
    """Packets that match are lost on the way: captured, but never received."""
    name = f"lost_{threading.get_ident()}"
    nft(f"table inet {name} {{ chain c {{ type filter hook input priority 0; {rule} drop; }}; }}")
    try:
        yield
    finally:
        nft(f"delete table inet {name}")


def answered(port: int) -> None:
    opener, target = connected(port)
    exchange(opener, target)
    exchange(opener, target)
    opener.close()
    target.close()


def answered_ipv6(port: int) -> None:
    with listen(port, family=socket.AF_INET6) as listener:
        opener = socket.create_connection(("::1", port), 10)
        target = listener.accept()[0]
    exchange(opener, target)
    opener.close()
    target.close()


def unused(port: int) -> None:
    opener, target = connected(port)
    opener.close()
    target.close()


def refused(port: int) -> None:
    with suppress(ConnectionRefusedError):
        connect(port)


def syn_unanswered(port: int) -> None:
    with lost(f"tcp dport {port}"), suppress(TimeoutError):
        connect(port, timeout_s=1.3)


def syn_dropped_then_served(port: int) -> None:
    """Backlog 1 holds two connections; the third's SYN is dropped, and its repetition is served."""
    with listen(port, backlog=1) as listener, connect(port), connect(port):
        room = threading.Timer(0.5, accept_and_close, (listener, 2))
        room.start()
        opener = connect(port)
        room.join()
        target = listener.accept()[0]
        exchange(opener, target)
    opener.close()
    target.close()


@contextmanager
def final_ack_dropped(port: int) -> Iterator[tuple[socket.socket, socket.socket]]:
    """An opener that believes itself connected, and the listener whose full queue dropped its final ACK.

    Its first SYN-ACK is lost, so that its request still waits while two others fill the queue.
    """
    with listen(port, backlog=1) as listener, socket.socket() as opener, ExitStack() as waiting:
        opener.bind(("127.0.0.1", 0))
        with lost(f"tcp sport {port} tcp dport {opener.getsockname()[1]}"):
            opener.setblocking(False)
            opener.connect_ex(("127.0.0.1", port))
            for _ in range(2):
                waiting.enter_context(connect(port))
        select.select([], [opener], [], 10)
        opener.settimeout(10)
        opener.sendall(REQUEST)
        yield opener, listener


def final_ack_dropped_never_served(port: int) -> None:
    with final_ack_dropped(port) as (opener, _):
        time.sleep(2.6)
        opener.close()
        time.sleep(0.1)


def final_ack_dropped_then_served(port: int) -> None:
    with final_ack_dropped(port) as (opener, listener):
        time.sleep(2.3)
        accept_and_close(listener, 2)
        target = listener.accept()[0]
        target.recv(4096)
        target.sendall(ANSWER)
        opener.recv(4096)
        target.close()


def reset_to_final_ack(port: int) -> None:
    """`tcp_abort_on_overflow`: the final ACK that finds a full queue is answered with RST."""
    switch = Path("/proc/sys/net/ipv4/tcp_abort_on_overflow")
    switch.write_text("1")
    try:
        with suppress(OSError), final_ack_dropped(port):
            time.sleep(0.1)
    finally:
        switch.write_text("0")


def syn_cookie_reset(port: int) -> None:
    """Eight parallel requests in two segments each, a backlog of 1, an acceptor that is late."""
    gate = threading.Barrier(8)

    def request() -> None:
        gate.wait()
        with suppress(OSError), connect(port, timeout_s=3) as opener:
            opener.sendall(REQUEST)
            time.sleep(0.005)
            opener.sendall(b"body")
            opener.recv(4096)

    with listen(port, backlog=1) as listener:
        openers = [threading.Thread(target=request) for _ in range(8)]
        for opener in openers:
            opener.start()
        time.sleep(0.1)
        listener.settimeout(0.1)
        while any(opener.is_alive() for opener in openers):
            with suppress(OSError):
                target = listener.accept()[0]
                target.settimeout(1)
                while not target.recv(4096).endswith(b"body"):
                    pass
                target.sendall(ANSWER)
                target.close()


def closed_without_answer(port: int) -> None:
    opener, target = connected(port)
    opener.sendall(REQUEST)
    target.recv(4096)
    target.close()
    opener.recv(4096)
    opener.close()


def reset_after_request(port: int) -> None:
    opener, target = connected(port)
    opener.sendall(REQUEST)
    target.recv(4096)
    reset(target)
    opener.close()


def answer_cut(port: int) -> None:
    opener, target = connected(port)
    opener.sendall(REQUEST)
    target.recv(4096)
    target.sendall(ANSWER[:-1])
    reset(target)
    opener.close()


def reset_when_idle(port: int) -> None:
    opener, target = connected(port)
    exchange(opener, target)
    time.sleep(1.1)
    reset(target)
    opener.close()


def keepalive_race(port: int) -> None:
    """The target closes the idle connection; its FIN is still on its way when the opener sends."""
    opener, target = connected(port)
    exchange(opener, target)
    time.sleep(0.3)
    with lost(f"tcp sport {port} tcp flags & fin == fin"):
        target.close()
        opener.sendall(REQUEST)
        with suppress(ConnectionError):
            opener.recv(4096)
    opener.close()


def stale(port: int) -> None:
    """After an idle spell the other end is gone without a word."""
    opener, target = connected(port)
    exchange(opener, target)
    time.sleep(0.3)
    nft(f"table inet gone {{ chain c {{ type filter hook input priority 0; tcp dport {port} drop; }}; }}")
    opener.sendall(REQUEST)
    time.sleep(0.8)
    opener.close()
    KEPT.append(target)


def slow_target(port: int) -> None:
    opener, target = connected(port)
    opener.sendall(REQUEST)
    time.sleep(0.3)
    opener.close()
    time.sleep(0.2)
    target.close()


TOGETHER: list[Callable[[int], None]] = [
    answered,
    answered_ipv6,
    unused,
    refused,
    syn_unanswered,
    syn_dropped_then_served,
    final_ack_dropped_never_served,
    final_ack_dropped_then_served,
    closed_without_answer,
    reset_after_request,
    answer_cut,
    reset_when_idle,
    keepalive_race,
    stale,
    slow_target,
]
"""Each on a port of its own, all at once."""
ALONE: list[Callable[[int], None]] = [reset_to_final_ack, syn_cookie_reset]
"""Those that change a switch, or whose counters are read."""


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


def counters() -> dict[str, int]:
    lines = Path("/proc/self/net/netstat").read_text().splitlines()
    names, values = (line.split()[1:] for line in lines[:2])
    return dict(zip(names, map(int, values), strict=True))


def growth(scenario: Callable[[int], None], port: int) -> dict[str, int]:
    """Run a scenario; how the counters of this namespace grew."""
    before = counters()
    scenario(port)
    return {name: value - before[name] for name, value in counters().items() if value != before[name]}


def main(folder: Path) -> None:
    signal.alarm(DEADLINE_S)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network namespace of our own")
    with IPRoute() as routes:
        routes.link("set", index=routes.link_lookup(ifname="lo")[0], state="up")
    tap = Tap()
    with ThreadPoolExecutor(len(TOGETHER)) as pool:
        done = [pool.submit(scenario, port) for port, scenario in enumerate(TOGETHER, start=8001)]
    time.sleep(0.05)
    for port, scenario in enumerate(TOGETHER, start=8001):
        done[port - 8001].result()
        tap.write(folder / f"{scenario.__name__}.pcap", {port}, 0)
    told = {}
    for index, scenario in enumerate(ALONE):
        for attempt in range(COOKIE_ROUNDS):
            since, port = len(tap.packets), 9000 + 100 * index + attempt
            told[scenario.__name__] = grown = growth(scenario, port)
            time.sleep(0.05)
            tap.write(folder / f"{scenario.__name__}.pcap", {port}, since)
            if scenario is not syn_cookie_reset or grown.get("SyncookiesFailed"):
                break
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
