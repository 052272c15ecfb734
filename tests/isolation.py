"""Network namespaces for tests that need their own."""

from __future__ import annotations

import itertools
import os
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from pyroute2 import IPRoute, netns

from why502.host.namespaces import NAMED, inside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NUMBERS = itertools.count()


@contextmanager
def isolated() -> Iterator[Path]:
    """A network namespace with loopback up; gone at the end, whatever happens."""
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    name = f"why502test-{os.getpid()}-{next(NUMBERS)}"
    netns.create(name)
    try:
        inside(NAMED / name, _loopback_up)
        yield NAMED / name
    finally:
        netns.remove(name)


def _loopback_up() -> None:
    with IPRoute() as routes:
        routes.link("set", index=1, state="up")


@contextmanager
def listening(door: Path, backlog: int, address: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A listener inside a namespace, on a port of the kernel's choice."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with inside(door, lambda: socket.socket(family, socket.SOCK_STREAM)) as listener:
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, 0))
        listener.listen(backlog)
        yield listener


@contextmanager
def connecting(door: Path, listener: socket.socket, count: int) -> Iterator[list[socket.socket]]:
    """Connections that are begun, and not waited for."""
    with ExitStack() as stack:
        clients = [stack.enter_context(inside(door, lambda: socket.socket(listener.family))) for _ in range(count)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield clients
