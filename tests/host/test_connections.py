from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import ExitStack
from functools import partial

import pytest

from tests.isolation import connecting, isolated, listening
from why502.host.connections import Census
from why502.host.listeners import ListenerWatch
from why502.host.namespaces import inside
from why502.model.host import Destination


@pytest.mark.kernel
def test_connections_are_counted_at_the_listener_that_took_them() -> None:
    """By state; a connection to the very address does not count at the wildcard."""
    with isolated() as door, listening(door, 64) as exact, listening(door, 64) as other, ExitStack() as stack:
        clients = stack.enter_context(connecting(door, exact, 5))
        stack.enter_context(connecting(door, other, 3))
        clients[0].shutdown(socket.SHUT_WR)
        watch = inside(door, lambda: ListenerWatch(1))
        census = Census(watch, watch.sample())
        watch.close()
        by_address = {one.address: one.connections for one in census.listeners()}
        ports = [one.getsockname()[1] for one in (exact, other)]
    assert by_address == {
        f"127.0.0.1:{ports[0]}": {"close-wait": 1, "established": 4},
        f"127.0.0.1:{ports[1]}": {"established": 3},
    }


@pytest.mark.kernel
def test_a_wildcard_has_both_families() -> None:
    """[::] takes IPv4 too, where nobody else listens on the port."""
    with isolated() as door, ExitStack() as stack:
        server = stack.enter_context(inside(door, lambda: socket.create_server(("::", 0), family=socket.AF_INET6,
                                                                               dualstack_ipv6=True)))  # fmt: skip
        port = server.getsockname()[1]
        for address in ("127.0.0.1", "::1"):
            stack.enter_context(inside(door, partial(socket.create_connection, (address, port))))
        watch = inside(door, lambda: ListenerWatch(1))
        (found,) = Census(watch, watch.sample()).listeners()
        watch.close()
    assert (found.address, found.connections) == (f"[::]:{port}", {"established": 2})


@pytest.mark.kernel
def test_ports_are_counted_by_destination() -> None:
    """TIME_WAIT holds a port as well; what came in is not counted."""
    with isolated() as door, listening(door, 64) as one, listening(door, 64) as two, ExitStack() as stack:
        stack.enter_context(connecting(door, one, 4))
        for _ in range(3):
            with inside(door, lambda: socket.create_connection(two.getsockname())) as client:
                taken = two.accept()[0]
                client.shutdown(socket.SHUT_WR)
                taken.recv(1)
                taken.close()
                client.recv(1)
        watch = inside(door, lambda: ListenerWatch(1))
        found = Census(watch, watch.sample()).destinations()
        watch.close()
        names = [f"127.0.0.1:{listener.getsockname()[1]}" for listener in (one, two)]
    assert found == (Destination(names[0], 4, 0), Destination(names[1], 3, 3))


@pytest.mark.kernel
@pytest.mark.skipif(not shutil.which("ss"), reason="needs ss (Debian package iproute2) to compare with")
def test_agrees_with_ss() -> None:
    """307 connections, both ends."""
    with isolated() as door, listening(door, 512) as listener, ExitStack() as stack:
        stack.enter_context(connecting(door, listener, 307))
        watch = inside(door, lambda: ListenerWatch(1))
        (found,) = Census(watch, watch.sample()).listeners()
        watch.close()
        port = listener.getsockname()[1]
        text = inside(door, lambda: subprocess.check_output(["ss", "-Htan", "sport", "=", f":{port}"], text=True))
    assert found.connections == {"established": sum(line.startswith("ESTAB") for line in text.splitlines())}
    assert found.connections == {"established": 307}
