"""Network namespaces for tests that need their own."""

from __future__ import annotations

import itertools
import os
import socket
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from pyroute2 import IPRoute, netns

from why502.host.namespaces import NAMED, inside

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = itertools.count()
PREFIX = "why502test"


def sweep() -> None:
    """End what test runs left whose process was killed: the programs in their namespaces, and the names."""
    for name in netns.listnetns():
        prefix, _, rest = name.partition("-")
        if prefix != PREFIX or Path(f"/proc/{rest.partition('-')[0]}").exists():
            continue
        inode = (NAMED / name).stat().st_ino
        for process in psutil.process_iter():
            with suppress(OSError, psutil.Error):
                if Path(f"/proc/{process.pid}/ns/net").stat().st_ino == inode:
                    process.kill()
        with suppress(OSError):  # another run sweeps as well
            netns.remove(name)


@contextmanager
def isolated() -> Iterator[Path]:
    """A network namespace with loopback up; gone at the end, whatever happens."""
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    name = f"{PREFIX}-{os.getpid()}-{next(NUMBERS)}"
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
