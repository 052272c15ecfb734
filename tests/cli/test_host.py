from __future__ import annotations

import json
import os
import socket

import pytest

from tests.cli.running import why502
from tests.isolation import connecting, isolated, listening


def test_a_backlog_of_one_is_called_too_small() -> None:
    """The article's listener, with its process; the exit status says that something is to be done."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        name = f"127.0.0.1:{server.getsockname()[1]}"
        text, document = why502("host", "--watch-s", "0.2"), why502("host", "--json", "--watch-s", "0.2")
    (row,) = (line for line in text.stdout.splitlines() if line.startswith(name))
    assert (text.returncode, document.returncode) == (1, 1)
    assert str(os.getpid()) in row
    assert row.endswith("too small")
    (found,) = (one for one in json.loads(document.stdout)["listeners"] if one["listener"]["address"] == name)
    assert (found["listener"]["backlog"], found["listener"]["pids"]) == (1, [os.getpid()])
    assert found["processes"][0]["pid"] == os.getpid()


@pytest.mark.kernel
def test_a_full_listener_of_another_namespace_is_shown_with_its_place() -> None:
    """Containers included: from outside, by the name of their namespace."""
    with isolated() as door, listening(door, 1) as listener, connecting(door, listener, 5):
        name = f"127.0.0.1:{listener.getsockname()[1]}"
        run = why502("host", "--watch-s", "0.2")
    (row,) = (line for line in run.stdout.splitlines() if door.name in line)
    assert row.split()[:2] == [name, door.name]
    assert run.returncode == 1
