"""Proxy and target of a scenario: plain sockets on one loopback, and packets that get lost there."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = b"GET /api HTTP/1.1\r\nHost: target\r\n\r\n"

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

KEPT: list[socket.socket] = []
"""Ends that must not say goodbye before the recording is over."""


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
