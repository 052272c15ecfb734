"""What the errors of Go's net and net/http packages tell: Caddy and Traefik log them as they are.

Texts from net/net.go, net/dnsclient_unix.go, net/http/transport.go, crypto/tls; the first that fits counts.
"""

from __future__ import annotations

import re
from functools import cache

from why502.formats.fate import Fate
from why502.model.expressions import expression
from why502.model.requests import Manner, Phase, Side

ERRORS: tuple[tuple[str, Phase, Manner], ...] = (
    (r"no upstreams available|no available server", Phase.NO_TARGET, Manner.UNKNOWN),
    (r"\blookup \S+|no such host", Phase.NO_TARGET, Manner.UNRESOLVED),
    (r"cannot assign requested address|too many open files", Phase.CONNECT, Manner.EXHAUSTED),
    (r"connect: connection refused", Phase.CONNECT, Manner.REFUSED),
    (r"connect: (?:no route to host|network is unreachable|host is down)", Phase.CONNECT, Manner.UNREACHABLE),
    (r"connect: connection reset by peer", Phase.CONNECT, Manner.RESET),
    (
        r"\bdial (?:tcp|unix)[46]? .*(?:i/o timeout|connection timed out|deadline exceeded)",
        Phase.CONNECT,
        Manner.TIMEOUT,
    ),
    (r"TLS handshake timeout", Phase.TLS, Manner.TIMEOUT),
    (r"\b(?:tls|x509): |remote error: tls|server gave HTTP response to HTTPS client", Phase.TLS, Manner.UNKNOWN),
    (r"\bdial (?:tcp|unix)", Phase.CONNECT, Manner.UNKNOWN),
    (r"timeout awaiting response headers", Phase.WAIT, Manner.TIMEOUT),
    (r"response headers exceeded", Phase.WAIT, Manner.TOO_LARGE),
    (r"malformed ", Phase.WAIT, Manner.MALFORMED),
    (r"\bwrite tcp .*(?:broken pipe|connection reset)", Phase.SEND, Manner.CUT),
    (r"connection reset by peer", Phase.WAIT, Manner.RESET),
    (r"server closed idle connection", Phase.WAIT, Manner.RACED),
    (r"\bEOF\b", Phase.WAIT, Manner.CLOSED),
    (r"i/o timeout|deadline exceeded|Client\.Timeout", Phase.WAIT, Manner.TIMEOUT),
    (r"GOAWAY|stream error|http2: ", Phase.WAIT, Manner.UNKNOWN),
)

CLIENT_LEFT = ("context canceled", "client disconnected")
"""The second: its request's body ended early (errClientDisconnected, net/http's http2 server)."""

_HOST = r"((?:\[[0-9a-fA-F:.%]{2,64}\]|[\w.-]{1,255}):\d{1,5})"
_DIALLED = expression(rf"\bdial tcp[46]? {_HOST}")
_PEER = expression(rf"\b(?:read|write) tcp[46]? \S{{1,300}}->{_HOST}")

MAX_CHARACTERS = 1000


@cache
def _errors() -> tuple[tuple[re.Pattern[str], Phase, Manner], ...]:
    """Compiled when the first line asks for them."""
    return tuple((re.compile(pattern), phase, manner) for pattern, phase, manner in ERRORS)


def fate(error: str) -> Fate | None:
    """How the exchange ended; None if the error says nothing about the target.

    >>> fate("dial tcp 10.0.0.7:80: connect: connection refused").manner
    <Manner.REFUSED: 'refused'>
    """
    text = error[:MAX_CHARACTERS]
    if any(words in text for words in CLIENT_LEFT):
        return Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE)
    found = next(((phase, manner) for pattern, phase, manner in _errors() if pattern.search(text)), None)
    return Fate(Side.PROXY, *found) if found else None


def target(error: str) -> str | None:
    """The address that was dialled, or the other end of the connection that failed.

    >>> target("read tcp 10.0.0.1:52236->10.0.0.7:80: read: connection reset by peer")
    '10.0.0.7:80'
    """
    text = error[:MAX_CHARACTERS]
    found = _DIALLED.search(text) or _PEER.search(text)
    return found[1] if found else None
