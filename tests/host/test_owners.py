from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from why502.host import processes
from why502.host.owners import Owners
from why502.model.host import Listener, Process, Server

if TYPE_CHECKING:
    import pytest


def _listener(one: socket.socket) -> Listener:
    return Listener("127.0.0.1:1", 1, os.fstat(one.fileno()).st_ino, 5, 0)


def test_who_is_known_is_not_looked_at_again_when_others_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """To recognise what runs in a process is dear. It is told again with a listener that is new."""
    described: list[int] = []
    known = processes.describe(os.getpid())
    assert known

    def describe(pid: int) -> Process:
        described.append(pid)
        return Process(pid, "api", "api", start_s=known.start_s, server=Server("Some", "1", ""))

    monkeypatch.setattr(processes, "describe", describe)
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        asked = Owners()
        told = []
        for listeners in ([first], [first], [first, second], [first, second]):
            found = asked.of([_listener(one) for one in listeners])
            assert {one.pids for one in found} == {(os.getpid(),)}
            told += [process.server is not None for process in asked.processes(found, whole=False)]
    assert described == [os.getpid()]
    assert told == [True, False, True, False]


def test_a_process_with_the_number_of_another_one_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by when it was started."""
    described: list[int] = []

    def describe(pid: int) -> Process:
        described.append(pid)
        return Process(pid, "api", "api", start_s=1.0)

    monkeypatch.setattr(processes, "describe", describe)
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        asked = Owners()
        for listeners in ([first], [first, second]):
            asked.processes(asked.of([_listener(one) for one in listeners]), whole=False)
    assert described == [os.getpid()] * 2


def test_files_that_were_open_while_connections_waited_are_told_once() -> None:
    """They are closed again by the next measurement; a listener at which nobody waits is not looked at."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        asked = Owners()
        found = asked.of([_listener(one), _listener(other)])
        (before,) = asked.processes(found, whole=False)
        with ExitStack() as stack:
            for _ in range(17):
                stack.enter_context(Path("/dev/null").open("rb"))
            asked.look_at_files([_listener(one).inode])
        asked.look_at_files([])
        (at_most,) = asked.processes(found, whole=False)
        (after,) = asked.processes(found, whole=False)
    assert before.fds_open is not None
    assert (before.fds_open_max, at_most.fds_open, after.fds_open_max) == (None, before.fds_open, None)
    assert at_most.fds_open_max in (before.fds_open + 17, None)  # None: a kernel before Linux 6.2
