"""Acceptors that come late on purpose, so that what a burst finds in their queue is no race.

python -m tests.held DOOR BACKLOG LATE_S
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.serving import Service, answer, end_with_parent
from why502.host.limits import SYSCTL
from why502.host.listeners import ListenerWatch
from why502.host.namespaces import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from why502.model.host import Listener

PATIENCE_S = 30
LATE_S = 0.4
"""A burst's SYNs leave within a millisecond, a SYN that was dropped comes again after 1 s: both are far away."""


def only_dropped_syns(door: Path) -> None:
    """Leave a full queue one face of its three.

    Without SYN cookies the half-open connections are bounded by the backlog too (`tcp_conn_request`), so whatever the
    kernel's timing, backlog + 1 get in and each other SYN is a drop.
    """
    set_sysctl(door, "ipv4/tcp_syncookies", 0)


def set_sysctl(door: Path, name: str, value: int) -> None:
    """A setting of one network namespace: /proc/sys/net shows that of the thread."""
    inside(door, lambda: (SYSCTL / name).write_text(str(value)))


@contextmanager
def late(door: Path, backlog: int) -> Iterator[Service]:
    """A service that looks at its queue only some time after the first connection has come."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.held", str(door), str(backlog), str(LATE_S)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield Service(process.pid, int(process.stdout.readline()), "127.0.0.1")
    finally:
        process.kill()
        process.communicate()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A child of ours held still for the block, as a pause for garbage collection holds it; all its threads."""
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED)  # answers when the last thread has stopped
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def stopped_until(pid: int, door: Path, port: int, there: Callable[[Listener], bool]) -> Iterator[None]:
    """The same, but only until its queue is as wanted; fails if it never is."""
    with closing(inside(door, lambda: ListenerWatch(1))) as watch, stopped(pid):
        over, seen = threading.Event(), threading.Event()

        def look() -> None:
            until_s = time.monotonic() + PATIENCE_S
            while not over.wait(0.002) and time.monotonic() < until_s:
                if any(one.address.endswith(f":{port}") and there(one) for one in watch.sample()):
                    seen.set()
                    break
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield
        finally:
            over.set()
            looking.join()
    if not seen.is_set():
        pytest.fail(f"the queue of port {port} never became what the test waited for")


def main(door: str, backlog: str, late_s: str) -> None:
    """What the late service does."""
    listener = inside(Path(door), lambda: socket.create_server(("127.0.0.1", 0), backlog=int(backlog)))
    listener.setblocking(False)
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    while True:
        select.select([listener], [], [])
        time.sleep(float(late_s))
        with suppress(BlockingIOError):
            while True:
                connection = listener.accept()[0]
                threading.Thread(target=answer, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
