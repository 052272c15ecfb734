"""What HTTP looks like on the wire: answers that are whole, cut or none, and a GOAWAY that crosses a request.

Each has a port of its own; its name is that of its capture.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.sources.captures.detail.talking import (
    ANSWER,
    REQUEST,
    answer_and_close,
    connect,
    connected,
    drained_soon,
    listen,
    reset,
)

if TYPE_CHECKING:
    from tests.sources.captures.detail.network import Network


def whole(net: Network, port: int) -> None:
    answer_and_close(net, port, ANSWER)


def whole_chunked(net: Network, port: int) -> None:
    answer_and_close(net, port, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")


def whole_until_close(net: Network, port: int) -> None:
    """HTTP/1.0: the body ends with the connection."""
    answer_and_close(net, port, b"HTTP/1.0 200 OK\r\n\r\nabc")


def whole_head(net: Network, port: int) -> None:
    """The length that a HEAD is told announces no body."""
    answer_and_close(net, port, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"HEAD / HTTP/1.1\r\n\r\n")


def whole_odd(net: Network, port: int) -> None:
    """Bare line feeds and an empty reason: ugly, and taken by every proxy."""
    answer_and_close(net, port, b"HTTP/1.1 200 \nContent-Length: 2\nX-Empty:\n\nok")


def whole_continued(net: Network, port: int) -> None:
    """100 Continue comes before the answer."""
    opener, target = connected(net, port)
    opener.sendall(b"POST /form HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    target.recv(65536)
    target.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    opener.recv(65536)
    opener.sendall(b"abc")
    target.recv(65536)
    time.sleep(0.1)
    target.sendall(ANSWER)
    opener.recv(65536)
    opener.close()
    target.close()


def whole_then_reset(net: Network, port: int) -> None:
    """A server that closes without having read everything resets, after a complete answer."""
    opener, target = connected(net, port)
    opener.sendall(REQUEST)
    target.recv(65536)
    target.sendall(ANSWER)
    opener.recv(65536)
    reset(target)
    time.sleep(0.05)
    opener.close()


def truncated(net: Network, port: int) -> None:
    answer_and_close(net, port, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello, world")


def truncated_chunked(net: Network, port: int) -> None:
    answer_and_close(net, port, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n8\r\nwor")


def malformed(net: Network, port: int) -> None:
    """A database that greets; the proxy hangs up."""
    opener, target = connected(net, port)
    opener.sendall(REQUEST)
    target.recv(65536)
    target.sendall(b"J\0\0\0\x0a8.0.36\0greetings\0")
    opener.recv(65536)
    opener.close()
    time.sleep(0.02)
    target.close()


def malformed_header(net: Network, port: int) -> None:
    opener, target = connected(net, port)
    opener.sendall(REQUEST)
    target.recv(65536)
    target.sendall(b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\nok")
    opener.recv(65536)
    opener.close()
    time.sleep(0.02)
    target.close()


def zero_window(net: Network, port: int) -> None:
    """The target does not read what it is sent."""
    with listen(net, port) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opener = connect(net.proxy, port)
        target = listener.accept()[0]
    opener.settimeout(0.5)
    with suppress(OSError):
        opener.sendall(b"POST /upload HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + bytes(1_000_000))
    opener.close()
    target.close()


def frame(kind: int, stream: int, body: bytes = b"", flags: int = 0) -> bytes:
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def http2_goaway(net: Network, port: int) -> None:
    """GOAWAY crosses the second stream, which is refused."""
    opener, target = connected(net, port)
    opener.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0) + frame(1, 1, b"\x82", 5))
    target.recv(65536)
    target.sendall(frame(4, 0) + frame(1, 1, b"\x88", 5))
    opener.recv(65536)
    target.sendall(frame(7, 0, (1).to_bytes(4, "big") + bytes(4)))
    opener.sendall(frame(1, 3, b"\x82", 5))
    target.recv(65536)
    target.sendall(frame(3, 3, (7).to_bytes(4, "big")))
    drained_soon(opener)
    opener.close()
    target.close()
