"""What watching costs the watched: nginx under ab (a fresh connection a request), alone and with company.

Rounds: in each every watcher has its turn beside one run of ab, so that whatever else the machine does befalls all of
them alike. What is shown is the time of that run and the processor time that nginx itself spent in it (it pays for the
system calls that a watcher slows); the note tells what the watcher used, as a share of one core.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.run import Row, Took

REQUESTS = 10_000
CLIENTS = 8
ROUNDS = 5
ROOT = Path(__file__).parent.parent
WHY502 = str(Path(sys.executable).with_name("why502"))
CPUCLOCK_SCHED = 2
"""Clock of the processor time of a process (`MAKE_PROCESS_CPUCLOCK`, include/linux/posix-timers_types.h)."""
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
CONF = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok"; }} }} }}
"""

Company = Callable[[], AbstractContextManager[int | None]]
"""Yields the process that watches."""


@dataclass(slots=True)
class Trial:
    """All runs of ab beside one watcher."""

    stage: Stage
    company: Company
    walls_s: list[float] = field(default_factory=list)
    served_s: list[float] = field(default_factory=list)
    """Processor time of nginx."""
    shares: list[float] = field(default_factory=list)
    """Of one core, used by the watcher."""

    def took(self) -> Took:
        from bench.run import Took

        self.stage.play()
        return Took(median(self.walls_s), median(self.served_s))

    def run(self, nginx: int, url: str) -> None:
        with self.company() as watcher:
            began = time.perf_counter(), _cpu_s(nginx), _used_s(watcher)
            argv = ("ab", "-q", "-n", str(REQUESTS), "-c", str(CLIENTS), url)
            subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=300)
            ended = time.perf_counter(), _cpu_s(nginx), _used_s(watcher)
        wall_s, served_s, used_s = (after - before for before, after in zip(began, ended, strict=True))
        self.walls_s.append(wall_s)
        self.served_s.append(served_s)
        self.shares.append(used_s / wall_s)


class Stage:
    """nginx, and everybody who watches it."""

    def __init__(self, nginx: int, url: str) -> None:
        self._nginx, self._url = nginx, url
        self._trials: list[Trial] = []
        self._played = False

    def beside(self, company: Company) -> Trial:
        self._trials.append(Trial(self, company))
        return self._trials[-1]

    def play(self) -> None:
        """Once, whoever asks first."""
        if self._played:
            return
        self._played = True
        for _ in range(ROUNDS):
            for trial in self._trials:
                trial.run(self._nginx, self._url)


def rows(folder: Path) -> list[Row]:
    """Nothing, where nginx or ab is missing."""
    if not (shutil.which("nginx") and shutil.which("ab")):
        return []
    from bench.run import Row

    port = _free_port()
    master, worker = _nginx(folder, port)
    stage = Stage(worker, f"http://127.0.0.1:{port}/")
    alone, again = stage.beside(_nobody), stage.beside(_nobody)
    traced, sampled, recorded = (
        stage.beside(one) for one in (_tracing, partial(_sampling, "queue", port), partial(_sampling, "host", port))
    )
    strace = stage.beside(partial(_strace, master, worker)) if shutil.which("strace") else None
    ss = stage.beside(_ss) if shutil.which("ss") else None

    def row(what: str, ours: Trial, peer: str, theirs: Trial | None) -> Row:
        return Row(what, ours, peer, theirs, REQUESTS, "requests", note=lambda: _note(ours, theirs))

    return [
        row("nginx under ab, nobody watching", alone, "the same again", again),
        row("... listen() traced", traced, "nobody watching", alone),
        row("... listen() traced", traced, "strace -f -e listen,accept4", strace),
        row("... queue and drops at 100 Hz", sampled, "nobody watching", alone),
        row("... queue and drops at 100 Hz", sampled, "ss -ltnm at 10 Hz", ss),
        row("... the whole host recorded, as by collect", recorded, "nobody watching", alone),
    ]


def _note(ours: Trial, theirs: Trial | None) -> str:
    peer = f", the peer {median(theirs.shares):.1%}" if theirs and any(theirs.shares) else ""
    return f"watcher {median(ours.shares):.1%} of a core{peer}" if any(ours.shares) else "(cpu: nginx)"


def _cpu_s(pid: int) -> float:
    return time.clock_gettime_ns(~pid << 3 | CPUCLOCK_SCHED) / 1e9


def _used_s(watcher: int | None) -> float:
    """By it and by those that it waited for."""
    if watcher is None:
        return 0.0
    waited = Path(f"/proc/{watcher}/stat").read_text().rpartition(") ")[2].split()[13:15]
    return _cpu_s(watcher) + sum(map(int, waited)) / TICKS_PER_S


@contextmanager
def _nobody() -> Iterator[None]:
    yield None


@contextmanager
def _watcher(argv: list[str], *, says: str = "") -> Iterator[int]:
    """Once it has said that it watches."""
    stderr = subprocess.PIPE if says == "stderr" else None
    with subprocess.Popen(
        argv,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL if stderr else subprocess.PIPE,
        stderr=stderr,
        text=True,
    ) as process:
        told = process.stderr if stderr else process.stdout
        if not told or not told.readline():
            raise RuntimeError(f"{argv[0]} did not start")
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGINT)


def _tracing() -> AbstractContextManager[int]:
    return _watcher([WHY502, "trace", "listen", "--json"], says="stderr")


def _sampling(what: str, port: int) -> AbstractContextManager[int]:
    """In a process of its own, as it is in use."""
    return _watcher([sys.executable, "-m", "bench.live", what, str(port)])


@contextmanager
def _strace(*pids: int) -> Iterator[int]:
    """The article's way, attached to master and worker."""
    attached = [word for pid in pids for word in ("-p", str(pid))]
    argv = ["strace", "-f", "-e", "trace=listen,accept4", "-o", "/dev/null", *attached]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for _ in pids:
            process.stderr.readline()  # "strace: Process 77 attached"
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGINT)


def _ss() -> AbstractContextManager[int]:
    return _watcher(["sh", "-c", "echo watching; while :; do ss -ltnmH > /dev/null; sleep 0.1; done"])


def sample(port: int) -> None:
    """Look at the listener on this port 100 times a second, until we are interrupted."""
    from why502.host import namespaces
    from why502.host.opened import OpenedNamespace
    from why502.remedies.proof import QueueWatch

    with closing(OpenedNamespace(namespaces.at(Path("/proc/self/ns/net")))) as opened:
        (listener,) = (one for one in opened.watch.sample() if one.address == f"127.0.0.1:{port}")
        with QueueWatch(opened, listener.inode):
            _until_interrupted()


def record() -> None:
    """Queues of all listeners 100 times a second, everything else once."""
    from why502.host.record import Recorder

    with Recorder():
        _until_interrupted()


def _until_interrupted() -> None:
    sys.stdout.write("watching\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGINT})


def _nginx(folder: Path, port: int) -> tuple[int, int]:
    """Master and worker, once it serves."""
    conf = folder / "nginx.conf"
    conf.write_text(CONF.format(folder=folder, port=port))
    process = subprocess.Popen(["nginx", "-c", str(conf), "-p", str(folder)], stderr=subprocess.DEVNULL)
    atexit.register(process.wait, 10)
    atexit.register(os.kill, process.pid, signal.SIGTERM)
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            return process.pid, int(children[0])
    raise RuntimeError("nginx did not start")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    record() if sys.argv[1] == "host" else sample(int(sys.argv[2]))
