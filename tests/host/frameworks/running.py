"""Processes made of files, and a bench of real servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from why502.host.frameworks.files import ProcessFiles
from why502.host.frameworks.interface import Running
from why502.host.listeners import ListenerWatch
from why502.host.namespaces import inside

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILT = Path(sys.prefix) / "servers"
"""Where `make test` puts the servers of tests/servers."""
SOURCES = Path(__file__).parents[2] / "servers"
PATIENCE_S = 40


def process(root: Path, program: str, *arguments: str, folder: str = "/srv", **variables: str) -> Running:
    """A process whose root is a folder of the test."""
    own = root / "proc"
    (own / "fd").mkdir(parents=True, exist_ok=True)
    if not (own / "root").exists():
        (own / "root").symlink_to(root)
    return Running(
        name=program.rpartition("/")[2],
        executable=program,
        arguments=arguments,
        folder=folder,
        files=ProcessFiles(own),
        variables=variables,
    )


def put(root: Path, path: str, content: bytes = b"") -> Path:
    """A file below the root."""
    at = root / path.lstrip("/")
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_bytes(content)
    return at


def held(running: Running, number: int, target: Path) -> None:
    """Make the process hold a file open."""
    (running.files.process / "fd" / str(number)).symlink_to(target)


@contextmanager
def served(door: Path, port: int, *command: str | Path) -> Iterator[int]:
    """A real server inside a network namespace, listening on a port; its pid. Gone at the end."""
    words = [str(word) for word in command]
    if not Path(words[0]).exists():
        pytest.skip(f"{words[0]} is missing; `make test` as root with a network installs or builds it")
    started = inside(
        door,
        lambda: subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=SOURCES, start_new_session=True
        ),
    )
    try:
        _wait(door, port, started)
        yield started.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def _wait(door: Path, port: int, started: subprocess.Popen[bytes]) -> None:
    watch = inside(door, lambda: ListenerWatch(1))
    until_s = time.monotonic() + PATIENCE_S
    while not any(one.address.endswith(f":{port}") for one in watch.sample()):
        if started.poll() is not None or time.monotonic() > until_s:
            watch.close()
            pytest.fail(f"{started.args!r} did not listen on {port}")
        time.sleep(0.02)
    watch.close()
