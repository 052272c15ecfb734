"""The one target that was named: taken apart, resolved once, and judged for whether it may be loaded unasked."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from why502.errors import Why502Error

PORTS: Final = {"http": 80, "https": 443}
HINT: Final = "name it like http://10.0.0.7:8080/health"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """One address and port, and what to ask for there."""

    url: str
    name: str
    """The host as the URL gives it, for the Host header and the TLS handshake."""
    address: Address
    port: int
    path: str
    tls: bool
    others: int = 0
    """Further addresses of the same name, which are left alone."""

    @property
    def text(self) -> str:
        """'10.0.0.7:8080'"""
        return f"[{self.address}]:{self.port}" if self.address.version == 6 else f"{self.address}:{self.port}"

    @property
    def near(self) -> bool:
        """Loopback or private: nobody else's machine."""
        return self.address.is_loopback or self.address.is_private or self.address.is_link_local

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if self.address.version == 6 else socket.AF_INET

    @property
    def host_header(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port == PORTS["https" if self.tls else "http"] else f"{name}:{self.port}"


def resolve(url: str) -> Target:
    """Take the URL apart and look its name up, once; Why502Error if it names no single target."""
    parts, port = _split(url)
    name = parts.hostname or ""
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Why502Error("cannot resolve the target", where=name, why=str(error), hint=HINT) from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    address = ipaddress.ip_address(addresses[0])
    if address.is_unspecified or address.is_multicast or str(address) == "255.255.255.255":
        raise Why502Error("no single target", where=str(address), why="this is not one machine's address", hint=HINT)
    query = f"?{parts.query}" if parts.query else ""
    path = f"{parts.path or '/'}{query}"
    return Target(url, name, address, port, path, parts.scheme == "https", len(addresses) - 1)


def _split(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Why502Error("no URL", where=url, why=str(error), hint=HINT) from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise Why502Error("no URL of a target", where=url, hint=HINT)
    if parts.username is not None or parts.password is not None:
        raise Why502Error("a user name in the URL is not supported", hint=HINT)
    if not url.isascii() or any(character.isspace() or not character.isprintable() for character in url):
        raise Why502Error("no URL", why="it holds characters that must be percent-encoded", hint=HINT)
    if port == 0:
        raise Why502Error("no port", where=url, hint=HINT)
    return parts, port or PORTS[parts.scheme]
