"""Proxy and target of a scenario: plain sockets, each in its own network namespace."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress

from tests.sources.captures.detail.network import TARGET, Host, Network

REQUEST = b"GET /api/users?token=secret HTTP/1.1\r\nHost: target\r\nCookie: a=secret\r\n\r\n"

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

KEPT: list[socket.socket] = []
"""Ends that must not say goodbye before the recording is over."""


def listen(net: Network, port: int) -> socket.socket:
    listener = net.target.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((TARGET, port))
    listener.listen(16)
    listener.settimeout(10)
    return listener


def connect(host: Host, port: int, timeout_s: float = 10, address: str = TARGET) -> socket.socket:
    opener = host.socket()
    opener.settimeout(timeout_s)
    opener.connect((address, port))
    return opener


def connected(net: Network, port: int) -> tuple[socket.socket, socket.socket]:
    """Both ends of a fresh connection: the opener's, the target's."""
    with listen(net, port) as listener:
        opener = connect(net.proxy, port)
        target = listener.accept()[0]
        target.settimeout(10)
        return opener, target


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drained(connection: socket.socket) -> None:
    with suppress(OSError):
        while connection.recv(65536):
            pass


def reset_before_answer(opener: socket.socket, target: socket.socket) -> None:
    opener.sendall(REQUEST)
    target.recv(65536)
    reset(target)
    drained(opener)
    opener.close()


def drained_soon(connection: socket.socket) -> None:
    connection.settimeout(0.2)
    drained(connection)


def answer_and_close(net: Network, port: int, answer: bytes, request: bytes = REQUEST) -> None:
    """One request; the target answers and closes first."""
    opener, target = connected(net, port)
    opener.sendall(request)
    target.recv(65536)
    target.sendall(answer)
    target.close()
    drained(opener)
    opener.close()
