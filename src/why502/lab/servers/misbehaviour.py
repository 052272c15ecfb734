"""What a service can do instead of a proper answer, one function each."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

ANSWER_BYTES = 4000
LARGE_FIELD_BYTES = 40_000
"""More than any proxy takes in its default configuration (nginx 4 or 8 KiB, ALB and HAProxy 16 to 32 KiB)."""


async def close(writer: asyncio.StreamWriter) -> None:
    """FIN, and not a byte."""
    writer.close()


async def reset(writer: asyncio.StreamWriter) -> None:
    """RST, as a closing socket with SO_LINGER of 0 sends it."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def nonsense(writer: asyncio.StreamWriter) -> None:
    """A first line that is none."""
    writer.write(
        b'java.lang.NullPointerException: Cannot invoke "User.name()"\r\n\tat api.Users.get(Users.java:31)\r\n\r\n'
    )
    await writer.drain()
    writer.close()


async def bad_header(writer: asyncio.StreamWriter) -> None:
    """A header field without a colon."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type application-json\r\n: none\r\nContent-Length: 2\r\n\r\n{}")
    await writer.drain()


async def large_headers(writer: asyncio.StreamWriter) -> None:
    """A cookie that has grown."""
    cookie = b"Set-Cookie: session=" + b"x" * LARGE_FIELD_BYTES
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + cookie + b"\r\n\r\n{}")
    await writer.drain()


async def truncate(writer: asyncio.StreamWriter) -> None:
    """A part of what was announced."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % ANSWER_BYTES + b"x" * (ANSWER_BYTES // 4))
    await writer.drain()
    await asyncio.sleep(0.02)
    writer.close()


async def error(writer: asyncio.StreamWriter) -> None:
    """A proper answer that says it failed."""
    body = b'{"error": "connection to the database lost"}'
    head = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    writer.write(head % len(body) + body)
    await writer.drain()


MISBEHAVIOURS: Final[Mapping[str, Callable[[asyncio.StreamWriter], Awaitable[None]]]] = {
    "close": close,
    "reset": reset,
    "nonsense": nonsense,
    "bad-header": bad_header,
    "large-headers": large_headers,
    "truncate": truncate,
    "error": error,
}
