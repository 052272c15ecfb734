"""Real proxies on loopback in front of the target that misbehaves, asked for every kind of failure once."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.formats.misbehaving import ANSWERS, LEFT, ask, ask_and_leave, bound, full, target
from why502.model.requests import Manner, Phase, Request, Side
from why502.sources.gather import gather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from why502.sources.interface import Reading

START_S = 20.0
"""On a busy machine Varnish compiles its VCL for seconds."""

PATIENCE_S = 30.0
"""For a line of a log that is sure to come; longer than any timeout of the proxies here."""

Fate = tuple[Side | None, Phase, Manner | None]

NOT_FAILED: Fate = (Side.TARGET, Phase.DONE, None)
ANSWERED: Fate = (Side.TARGET, Phase.DONE, Manner.ANSWERED)
UNTOLD: Fate = (None, Phase.UNKNOWN, Manner.UNKNOWN)


class Targets(NamedTuple):
    """Ports on loopback."""

    usual: int
    refusing: int
    full: int


PATHS = (
    "/fine",
    "/refused",
    "/full",
    "/nobody",
    "/retried",
    "/tls",
    "/name",
    *sorted(ANSWERS.keys() - {"/fine", "/retried"}),
    "/reset",
    "/slow",
)

ASKED = tuple(f"{path}?id=7" for path in (*PATHS, LEFT))
"""As the proxies log them once all is over."""


@contextmanager
def targets() -> Iterator[Targets]:
    """One that misbehaves as it is asked to, one that refuses, one whose accept queue is full."""
    with target() as usual, bound() as refusing, full() as no_room:
        yield Targets(usual, refusing, no_room)


def executable(name: str) -> str | None:
    """Debian keeps daemons where an ordinary user's PATH does not lead."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


@contextmanager
def running(command: Sequence[str], *ports: int) -> Iterator[None]:
    """A proxy from when it listens to its clean end; its logs are complete when the block ends."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/") as process:
        try:
            for port in ports:
                _wait_until_it_listens(port, process)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    until_s = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until_s:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the proxy did not start")


def wait_until_logged(log: Path, *texts: str) -> None:
    """Until each of them was written; the tests say what is missing if one never is."""
    wait_until(lambda: log.exists() and all(text in log.read_text(errors="replace") for text in texts))


def wait_until(told: Callable[[], bool]) -> None:
    """Until it is so, or for as long as the slowest machine may need."""
    until_s = time.monotonic() + PATIENCE_S
    while not told() and time.monotonic() < until_s:
        time.sleep(0.05)


def ask_everything(*ports: int, paths: Sequence[str] = PATHS) -> None:
    """Every path once at every port, all at a time, each from an address of its own; and one client that leaves."""
    clients = {path: f"127.0.0.{number}" for number, path in enumerate((*paths, "/left"), 11)}
    asking = [threading.Thread(target=ask, args=(port, path, clients[path])) for port in ports for path in paths]
    asking += [threading.Thread(target=ask_and_leave, args=(port, "/left", clients["/left"])) for port in ports]
    for client in asking:
        client.start()
    for client in asking:
        client.join()


def read(*logs: Path) -> dict[str, Reading]:
    """What was read, by the name of the file."""
    return {Path(reading.input.path).name: reading for reading in gather([str(log) for log in logs])}


def requests(reading: Reading) -> dict[str, Request]:
    """The requests that this program asked, by path."""
    found = (fact for fact in reading.facts if isinstance(fact, Request))
    return {request.path: request for request in found if request.path in {*PATHS, "/left"}}


def fates(reading: Reading) -> dict[str, Fate]:
    return {path: (each.side, each.phase, each.manner) for path, each in requests(reading).items()}
