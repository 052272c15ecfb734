from __future__ import annotations

import secrets
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from why502.errors import Why502Error
from why502.live.stream import EventStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.trace import TraceEvent

pytestmark = pytest.mark.kernel
CONTROLLER = Path("/sys/fs/cgroup/memory")
"""Version 1; a machine with version 2 has its controllers in one tree."""
LIMIT_BYTES = 32 << 20
WORK = """
import os, socket, sys, time
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
sys.stdin.readline()
listener = socket.create_server(("127.0.0.1", 0), backlog=11)
time.sleep(0.5)
held = bytearray(256 << 20)
"""
"""Listens, then takes more memory than it may have."""


@contextmanager
def _container() -> Iterator[tuple[str, Path]]:
    """A control group named and limited as a container runtime does it."""
    number = secrets.token_hex(32)
    folder = (CONTROLLER if CONTROLLER.is_dir() else CONTROLLER.parent) / f"docker-{number}.scope"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"needs root and control groups: {error.strerror}")
    try:
        limit = next((folder / name for name in LIMITS if (folder / name).exists()), None)
        if limit is None:
            pytest.skip("control groups without the memory controller")
        limit.write_text(str(LIMIT_BYTES))
        yield number[:12], folder
    finally:
        _remove(folder)


LIMITS = ("memory.max", "memory.limit_in_bytes")


def _remove(folder: Path) -> None:
    for _ in range(100):
        try:
            folder.rmdir()
        except OSError:
            time.sleep(0.05)
        else:
            return
    folder.rmdir()


def _of(pid: int, stream: EventStream) -> Iterator[TraceEvent]:
    """The events of one process, until it ends."""
    for event in stream.events(threading.Event(), 20):
        if event.pid == pid:
            yield event
            if event.kind == "exit":
                return


def test_a_container_is_named_and_its_victim_too() -> None:
    """A process of a container listens, and is then killed by the kernel for lack of memory."""
    with _container() as (container, folder):
        process = subprocess.Popen([sys.executable, "-c", WORK, str(folder)], stdin=subprocess.PIPE, text=True)
        try:
            with EventStream(("listen", "oom", "exit")) as stream:
                assert process.stdin is not None
                process.stdin.write("the stream is open\n")
                process.stdin.flush()
                events = list(_of(process.pid, stream))
        except Why502Error as error:
            pytest.skip(f"needs tracefs: {error}")
        finally:
            process.kill()
            process.wait()
    kinds = {event.kind: event for event in events}
    assert kinds.keys() == {"listen", "oom", "exit"}
    assert kinds["listen"].backlog == 11
    assert kinds["oom"].text.startswith("killed by the kernel for lack of memory (it held ")
    assert "SIGKILL" in kinds["exit"].text
    assert kinds["listen"].container == container
