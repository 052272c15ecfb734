"""What watching costs the watched: nginx under ab (a fresh connection a request), alone and with company.

The time of one run of ab is what is compared: the nearer to nginx alone, the cheaper the watcher.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.run import Row

REQUESTS = 5_000
CLIENTS = 8
ROOT = Path(__file__).parent.parent
WHY502 = str(Path(sys.executable).with_name("why502"))
CONF = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok"; }} }} }}
"""

Company = Callable[[], AbstractContextManager[object]]


class Stage:
    """The load, with one watcher at a time beside it; a watcher stays for all runs of its row."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._company: Company | None = None
        self._stack = ExitStack()

    def beside(self, company: Company) -> Callable[[], object]:
        return lambda: self._load(company)

    def leave(self) -> None:
        self._stack.close()
        self._company = None

    def _load(self, company: Company) -> None:
        if company is not self._company:
            self.leave()
            self._stack.enter_context(company())
            self._company = company
        argv = ("ab", "-q", "-n", str(REQUESTS), "-c", str(CLIENTS), self._url)
        subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=300)


def rows(folder: Path) -> list[Row]:
    """Nothing, where nginx or ab is missing."""
    if not (shutil.which("nginx") and shutil.which("ab")):
        return []
    port = _free_port()
    nginx = _nginx(folder, port)
    stage = Stage(f"http://127.0.0.1:{port}/")
    atexit.register(stage.leave)
    alone = stage.beside(_nobody)
    strace = shutil.which("strace")
    ss = shutil.which("ss")
    return [
        _row("nginx under ab, nobody watching", alone, "the same again", alone),
        _row("nginx under ab, listen() traced", stage.beside(_tracing),
             "strace -f -e listen,accept4", stage.beside(lambda: _strace(nginx)) if strace else None),
        _row("nginx under ab, queue and drops at 100 Hz", stage.beside(lambda: _sampling(port)),
             "ss -ltnm at 10 Hz", stage.beside(_ss) if ss else None),
    ]  # fmt: skip


def _row(what: str, ours: Callable[[], object], peer: str, theirs: Callable[[], object] | None) -> Row:
    from bench.run import Row

    return Row(what, ours, peer, theirs, REQUESTS, "requests")


@contextmanager
def _nobody() -> Iterator[None]:
    yield


@contextmanager
def _tracing() -> Iterator[None]:
    """`why502 trace listen`, once it says that it traces."""
    argv = [WHY502, "trace", "listen", "--json"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        process.stderr.readline()
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)


@contextmanager
def _strace(nginx: subprocess.Popen[bytes]) -> Iterator[None]:
    """The article's way, attached to master and workers."""
    children = Path(f"/proc/{nginx.pid}/task/{nginx.pid}/children").read_text().split()
    pids = [word for pid in (str(nginx.pid), *children) for word in ("-p", pid)]
    argv = ["strace", "-f", "-qq", "-e", "trace=listen,accept4", "-o", "/dev/null", *pids]
    with subprocess.Popen(argv) as process:
        time.sleep(0.5)
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)


@contextmanager
def _sampling(port: int) -> Iterator[None]:
    """In a process of its own, as it is in use."""
    argv = [sys.executable, "-m", "bench.live", str(port)]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


def sample(port: int) -> None:
    """Look at the listener on this port 100 times a second, until the input ends."""
    from why502.host import namespaces
    from why502.host.opened import OpenedNamespace
    from why502.remedies.proof import QueueWatch

    with closing(OpenedNamespace(namespaces.at(Path("/proc/self/ns/net")))) as opened:
        (listener,) = (one for one in opened.watch.sample() if one.address == f"127.0.0.1:{port}")
        with QueueWatch(opened, listener.inode):
            sys.stdout.write("sampling\n")
            sys.stdout.flush()
            sys.stdin.read()


@contextmanager
def _ss() -> Iterator[None]:
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.1):
            subprocess.run(["ss", "-ltnmH"], stdout=subprocess.DEVNULL, check=False)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _nginx(folder: Path, port: int) -> subprocess.Popen[bytes]:
    conf = folder / "nginx.conf"
    conf.write_text(CONF.format(folder=folder, port=port))
    argv = ["nginx", "-c", str(conf), "-p", str(folder)]
    process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    atexit.register(process.wait, 10)
    atexit.register(os.kill, process.pid, signal.SIGTERM)
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process
    raise RuntimeError("nginx did not start")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sample(int(sys.argv[1]))
