from __future__ import annotations

import ctypes
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.isolation import isolated, listening
from why502.errors import Why502Error
from why502.host.namespaces import inside
from why502.live.stream import EventStream, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from why502.model.trace import TraceEvent

pytestmark = pytest.mark.kernel
SEVEN_CALLS = "import socket; s = socket.socket(); [s.listen(n) for n in range(7)]; s.close()"


def _traced(kind: str, work: Callable[[], object], duration_s: float = 0.3) -> list[TraceEvent]:
    try:
        with EventStream((kind,)) as stream:
            work()
            return list(stream.events(threading.Event(), duration_s))
    except Why502Error as error:
        pytest.skip(f"needs root and tracefs: {error}")


def test_each_listen_of_a_thread_is_joined_with_its_socket() -> None:
    """The process, not the thread; the backlog asked for, and the listener as the kernel has it."""
    with isolated() as door, closing(inside(door, lambda: socket.create_server(("127.0.0.1", 0)))) as listener:

        def call() -> None:
            thread = threading.Thread(target=listener.listen, args=(100_000,))
            thread.start()
            thread.join()

        ours = [event for event in _traced("listen", call) if event.pid == os.getpid()]
        (event,) = ours
        assert (event.backlog, event.result) == (100_000, 0)
        assert event.local == f"127.0.0.1:{listener.getsockname()[1]}"
        assert event.listener
        assert (event.listener.backlog, event.listener.queue_len) == (event.somaxconn, 0)
        assert event.listener.netns == door.stat().st_ino


def test_a_descriptor_that_another_socket_has_by_now_misleads_nobody() -> None:
    """The kernel told the address of the first one; the second has its number when the event is read."""
    bound: list[tuple[int, str]] = []

    def call() -> None:
        for backlog in (7, 8):
            sockets.append(socket.socket())
            sockets[-1].bind(("127.0.0.1", 0))
            sockets[-1].listen(backlog)
            bound.append((sockets[-1].fileno(), f"127.0.0.1:{sockets[-1].getsockname()[1]}"))
            if backlog == 7:
                sockets.pop().close()

    sockets: list[socket.socket] = []
    first, second = (event for event in _traced("listen", call) if event.pid == os.getpid())
    sockets.pop().close()
    assert bound[0][0] == bound[1][0]
    assert [(one.backlog, one.local) for one in (first, second)] == [(7, bound[0][1]), (8, bound[1][1])]
    assert first.listener is None
    assert second.listener
    assert second.listener.backlog == 8


def test_a_listener_that_bound_to_nothing_is_joined_with_the_port_that_it_got() -> None:
    """listen() itself chooses one, after the kernel has told of it."""
    with socket.socket() as unbound:
        (event,) = (one for one in _traced("listen", lambda: unbound.listen(9)) if one.pid == os.getpid())
        name = f"0.0.0.0:{unbound.getsockname()[1]}"
    assert (event.local, event.backlog) == (name, 9)


def test_failed_calls_and_other_sockets_are_told_too(tmp_path: Path) -> None:
    """listen() on what is no socket, and on a Unix socket with its path."""
    path = str(tmp_path / "app.sock")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(path)

        def call() -> None:
            ctypes.CDLL(None).listen(os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC), 5)
            unix.listen(3)

        failed, well = (event for event in _traced("listen", call) if event.pid == os.getpid())
    assert failed.text.endswith("= ENOTSOCK")
    assert (well.local, well.backlog, well.result) == (f"unix:{path}", 3, 0)


def test_a_refused_connect_is_told() -> None:
    """From the side that was refused, with the process that tried."""
    with isolated() as door:

        def call() -> None:
            with inside(door, socket.socket) as client:
                client.connect_ex(("127.0.0.1", 9))

        events = [event for event in _traced("refused", call) if event.remote == "127.0.0.1:9"]
    assert [(event.kind, event.direction) for event in events] == [("refused", "received")]


def test_a_reset_names_the_listener_that_it_came_from() -> None:
    """Closing with unread data: a reset, sent by the service, at its listener."""
    with isolated() as door, listening(door, 16) as listener:

        def call() -> None:
            with inside(door, socket.socket) as client:
                client.connect(listener.getsockname())
                accepted, _ = listener.accept()
                client.send(b"x")
                accepted.close()

        name = f"127.0.0.1:{listener.getsockname()[1]}"
        (event,) = (event for event in _traced("reset", call) if event.local == name)
    assert (event.direction, event.pid) == ("sent", os.getpid())
    assert event.listener
    assert event.listener.backlog == 16


def test_an_answer_that_is_sent_again_shows_the_full_queue() -> None:
    """Backlog 0 and one connection waiting: the second's handshake hangs, and the queue beside it tells why."""
    with isolated() as door, listening(door, 0) as listener, closing(inside(door, socket.socket)) as first:
        first.connect(listener.getsockname())

        def call() -> None:
            with inside(door, socket.socket) as second:
                second.setblocking(False)
                second.connect_ex(listener.getsockname())
                threading.Event().wait(1.3)

        name = f"127.0.0.1:{listener.getsockname()[1]}"
        events = [event for event in _traced("retransmit", call) if name in (event.local, event.remote)]
    assert events
    assert all(event.text.startswith("SYN") for event in events)
    assert {(e.listener.queue_len, e.listener.backlog) for e in events if e.listener} == {(1, 0)}


def test_an_exit_tells_who_killed() -> None:
    """SIGKILL, from this process."""

    def call() -> None:
        victim = subprocess.Popen(["sleep", "60"])
        victim.kill()
        victim.wait()
        pids.append(victim.pid)

    pids: list[int] = []
    (event,) = (event for event in _traced("exit", call) if event.pid in pids)
    assert re.fullmatch(rf"ended \d\.\d s after SIGKILL from .* {os.getpid()}", event.text)


def test_strace_sees_the_same_calls(tmp_path: Path) -> None:
    """The article's way beside ours: the same backlogs, in the same order."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed; apt-get install strace")
    out = tmp_path / "strace.txt"

    def call() -> None:
        argv = ["strace", "-f", "-qq", "-e", "trace=listen", "-o", str(out), sys.executable, "-c", SEVEN_CALLS]
        subprocess.run(argv, check=True, timeout=30)

    events = _traced("listen", call)
    theirs = re.findall(r"^(\d+) +listen\(\d+, (\d+)\) += (-?\d+)", out.read_text(), re.MULTILINE)
    pids = {int(pid) for pid, _, _ in theirs}
    assert len(theirs) == 7
    assert [(str(e.pid), str(e.backlog), str(e.result)) for e in events if e.pid in pids] == theirs


def test_what_is_missing_is_said_in_one_sentence() -> None:
    """Rights, or the kernel's support."""
    assert "needs root (CAP_SYS_ADMIN); run it with sudo" in str(refusal(PermissionError(1, "Operation not permitted")))
    assert "CONFIG_FTRACE_SYSCALLS" in str(refusal(OSError(19, "No such device")))
