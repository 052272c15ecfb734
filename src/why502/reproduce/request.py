"""What is sent on each connection: an HTTP/1.1 request that nobody can mistake for a user's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from why502 import __version__

if TYPE_CHECKING:
    from why502.reproduce.target import Target


@dataclass(frozen=True, slots=True)
class Manners:
    """What each connection does once it stands, and for how long."""

    timeout_s: float = 5.0
    body_bytes: int = 0
    """0: a GET, else a POST."""
    two_segments: bool = False
    """Over SYN cookies, only a request of two segments or more is reset by a full accept queue."""
    connection_test_only: bool = False
    """Send nothing."""
    proof_s: float = 1.3
    """How long a connection is then held: a target whose kernel did not take the handshake's last step repeats its
    SYN-ACK after 1 s (TCP_TIMEOUT_INIT)."""


def request(target: Target, manners: Manners) -> tuple[bytes, ...]:
    """The request in the pieces in which it is sent, each a segment of its own (or several, if it is long)."""
    method, length = ("POST", f"Content-Length: {manners.body_bytes}\r\n") if manners.body_bytes else ("GET", "")
    head = (
        f"{method} {target.path} HTTP/1.1\r\nHost: {target.host_header}\r\n"
        f"User-Agent: why502/{__version__} reproduce\r\nAccept: */*\r\n{length}Connection: close\r\n\r\n"
    ).encode()
    body = b"x" * manners.body_bytes
    if not manners.two_segments:
        return (head + body,)
    return (head, body) if body else (head[: len(head) // 2], head[len(head) // 2 :])
