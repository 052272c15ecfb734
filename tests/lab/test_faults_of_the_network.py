"""Filters, routes and destroyed sockets: made with the real kernel, seen by a real connect."""

from __future__ import annotations

import os
import select
import signal
import socket
from functools import partial
from typing import TYPE_CHECKING

import pytest

from why502.lab import filtering, routing
from why502.lab.hosts import Wire, wire
from why502.lab.service import service
from why502.lab.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.kernel

PORT = 8080


@pytest.fixture(scope="module")
def ends() -> Iterator[Wire]:
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    with wire() as made:
        yield made


@pytest.fixture(scope="module")
def target(ends: Wire, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Target(ends.target, service(), tmp_path_factory.mktemp("target"), 1, 1.0) as running:
        yield running


def _connect(ends: Wire, timeout_s: float = 60.0) -> socket.socket:
    address = (ends.target.address, PORT)
    return ends.proxy.call(partial(socket.create_connection, address, timeout=timeout_s))


def test_filter_rejects_until_it_is_cleared(ends: Wire, target: Target) -> None:
    """And only what its rule names."""
    filtering.add(ends.target, "input", f"tcp dport {PORT} reject with icmp type admin-prohibited")
    with pytest.raises(OSError, match="No route to host"):
        _connect(ends)
    filtering.clear(ends.target)
    _connect(ends).close()


def test_filter_that_drops_leaves_silence(ends: Wire, target: Target) -> None:
    """No answer at all: a timeout."""
    filtering.add(ends.target, "input", f"tcp dport {PORT} drop")
    try:
        with pytest.raises(TimeoutError):
            _connect(ends, timeout_s=0.5)
    finally:
        filtering.clear(ends.target)


def test_clearing_without_a_filter_is_no_error(ends: Wire) -> None:
    """Twice is as good as once."""
    filtering.clear(ends.target)
    filtering.clear(ends.target)


def test_route_is_taken_and_given_back(ends: Wire, target: Target) -> None:
    """Giving back what was never taken does nothing."""
    ends.proxy.call(partial(routing.make_unreachable, ends.target.address))
    with pytest.raises(OSError, match="No route to host"):
        _connect(ends)
    for _ in range(2):
        ends.proxy.call(partial(routing.make_reachable, ends.target.address))
    _connect(ends).close()


def test_forgotten_connection_is_gone_without_a_word(ends: Wire, target: Target) -> None:
    """While its resets are swallowed the other end hears nothing; later it is reset when it speaks."""
    with _connect(ends) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        filtering.add(ends.target, "output", f"tcp sport {PORT} tcp flags & (fin | rst) != 0 drop")
        target.forget_connections()
        while ends.proxy.call(partial(_ready, connection)):
            assert connection.recv(65536)
        filtering.clear(ends.target)
        connection.sendall(b"GET /health HTTP/1.1\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def _ready(connection: socket.socket) -> bool:
    """Whether there is something to read: the rest of the answer, or an end."""
    return bool(select.select([connection], [], [], 0.3)[0])


def test_crashed_target_refuses_until_it_is_started(ends: Wire, target: Target) -> None:
    """SIGKILL, then nobody listens; starting it twice starts one."""
    target.crash()
    with pytest.raises(ConnectionRefusedError):
        _connect(ends)
    target.start()
    target.start()
    _connect(ends).close()


def test_stopped_target_accepts_and_does_not_answer(ends: Wire, target: Target) -> None:
    """The kernel does what the kernel does; what was asked meanwhile is answered afterwards."""
    with target.stopped():
        connection = _connect(ends)
        connection.sendall(b"GET /health HTTP/1.1\r\n\r\n")
        assert not ends.proxy.call(partial(_ready, connection))
    with connection:
        connection.settimeout(60)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_redeployed_target_is_killed_when_its_grace_period_is_over(ends: Wire, target: Target, tmp_path: Path) -> None:
    """A request that would take an hour: SIGTERM leaves it at work, SIGKILL ends it, and a new process listens."""
    target.stop()
    slow = service("--slow-path", "/api/report", "--slow", "3600")
    with Target(ends.target, slow, tmp_path, 1, 1.0) as running:
        with _connect(ends) as connection:
            # Both in one segment: with the answer to the first, the second is at work.
            connection.sendall(b"GET /health HTTP/1.1\r\n\r\nGET /api/report HTTP/1.1\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
            before = running._process
            running.redeploy(grace_s=0.3)
            assert before is not None
            assert before.returncode == -signal.SIGKILL
        _connect(ends).close()
    target.start()
