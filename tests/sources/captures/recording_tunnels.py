"""Records the captures of `recorded_tunnels/`: the same four conversations through every way of `tunnels`.

    sudo python -m tests.sources.captures.recording_tunnels tests/sources/captures/recorded_tunnels

Captured by tcpdump on the cable, outside of tags and tunnels.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sources.captures.detail.network import Host
from tests.sources.captures.detail.talking import REQUEST, drained, reset_before_answer
from tests.sources.captures.tunnels import ENDS, ENDS6, WAYS, run

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE_S = 120
INSIDE = "10.9.8.1", "10.9.8.2"
SERVED, LARGE, RESET, REFUSED = 8401, 8402, 8403, 8404
SNAP_BYTES = 160
LARGE_BYTES = 20_000
LAST_WORD = b"the recording is over"


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    signal.alarm(DEADLINE_S)
    for name, make in WAYS.items():
        record(folder / f"{name}.pcap", make)


def record(path: Path, make: Callable[[Host, int, str], None]) -> None:
    hosts = wired()
    for end, host in enumerate(hosts):
        make(host, end, INSIDE[end])
    for host in hosts:
        run(host, "ip link set t0 addrgenmode none", "ip link set t0 up")
    command = ["tcpdump", "-i", "v0", "-n", "-U", "--immediate-mode", "-s", str(SNAP_BYTES), "-w", "-"]
    with path.open("wb") as file:
        tcpdump = hosts[0].call(lambda: subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        assert tcpdump.stderr is not None
        assert tcpdump.stdout is not None
        while b"listening on" not in tcpdump.stderr.readline():
            assert tcpdump.poll() is None
        served(*connected(hosts, SERVED))
        large(*connected(hosts, LARGE))
        reset_before_answer(*connected(hosts, RESET))
        with suppress(ConnectionRefusedError):
            connect(hosts[0], REFUSED)
        content = _until_the_last_word(hosts[0], tcpdump.stdout.fileno())
        file.write(content)
        tcpdump.send_signal(signal.SIGINT)
        tcpdump.communicate(timeout=10)


def wired() -> tuple[Host, Host]:
    hosts = Host(), Host()
    door = f"/proc/{os.getpid()}/fd/{hosts[1].door}"
    run(hosts[0], f"ip link add v0 type veth peer name v0 netns {door}")
    for end, host in enumerate(hosts):
        run(
            host,
            "ip link set v0 up",
            f"ip addr add {ENDS[end]}/24 dev v0",
            f"ip addr add {ENDS6[end]}/64 dev v0 nodad",
        )
    return hosts


def _until_the_last_word(host: Host, output: int) -> bytes:
    """What tcpdump has written; it writes in order, so that nothing before the datagram is missing."""
    with host.call(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as datagram:
        datagram.sendto(LAST_WORD, (ENDS[1], 9))
    content = b""
    while LAST_WORD not in content:
        content += os.read(output, 65536)
    return content


def connect(host: Host, port: int) -> socket.socket:
    opener = host.socket()
    opener.settimeout(20)
    opener.connect((INSIDE[1], port))
    return opener


def connected(hosts: tuple[Host, Host], port: int) -> tuple[socket.socket, socket.socket]:
    with hosts[1].socket() as listener:
        listener.bind((INSIDE[1], port))
        listener.listen()
        opener = connect(hosts[0], port)
        return opener, listener.accept()[0]


def served(opener: socket.socket, target: socket.socket) -> None:
    """Two exchanges; the proxy closes."""
    for status in (b"200 OK", b"503 Busy"):
        opener.sendall(REQUEST)
        target.recv(65536)
        target.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        opener.recv(65536)
    opener.close()
    drained(target)
    target.close()


def large(opener: socket.socket, target: socket.socket) -> None:
    """An answer of many segments; the target closes."""
    opener.sendall(REQUEST)
    target.recv(65536)
    target.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE_BYTES + bytes(LARGE_BYTES))
    target.close()
    drained(opener)
    opener.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
