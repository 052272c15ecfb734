"""The host's audit: 1,000 listeners and 50,000 sockets, beside `ss -ltnmp` and `ss -tan`."""

from __future__ import annotations

import atexit
import resource
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.run import Row

HOLDERS = 5
"""Processes that share the sockets: one alone would need more open files than most systems allow."""
LISTENERS = 200
CONNECTIONS = 4_900
"""In each of them; a connection has two ends here."""
READY = "ready\n"


def rows(_: Path) -> list[Row]:
    """Nothing where so many files may not be opened."""
    from bench.run import Row

    holders = [hold() for _ in range(HOLDERS)]
    if any(holder.stdout is None or holder.stdout.readline() != READY for holder in holders):
        print("host audit: left out, too few open files are allowed", file=sys.stderr)
        return []
    sockets = HOLDERS * (LISTENERS + 2 * CONNECTIONS)
    found = shutil.which("ss") is not None
    return [
        Row(
            f"host audit: {HOLDERS * LISTENERS} listeners, {sockets} sockets",
            audited,
            "ss -ltnmp",
            _command("ss", "-ltnmpH") if found else None,
        ),
        Row("host audit: its connections counted", counted, "ss -tan", _command("ss", "-tanH") if found else None),
    ]


def hold() -> subprocess.Popen[str]:
    """A process that holds its sockets until we end."""
    holder = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(holder.kill)
    return holder


def crowd() -> None:
    """What a holder does: all ends belong to it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard) if soft != resource.RLIM_INFINITY else (soft, hard))
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128)) for _ in range(LISTENERS)]
        for number in range(CONNECTIONS):
            listener = listeners[number % LISTENERS]
            stack.enter_context(socket.create_connection(listener.getsockname()))
            stack.enter_context(listener.accept()[0])
        print(READY, end="", flush=True)
        sys.stdin.read()


def audited() -> object:
    """Two looks without the pause between them, and the judgement: all the work of `why502 host`."""
    from why502.facts.audit import audit
    from why502.host.record import Recorder
    from why502.known import recognise
    from why502.reports.host import render

    with Recorder() as recorder:
        pass
    return render(audit(recorder.record, recognise), width=None, color=False)


def counted() -> object:
    from why502.host.connections import Census
    from why502.host.listeners import ListenerWatch

    watch = ListenerWatch(1)
    found = Census(watch, watch.sample()).listeners()
    watch.close()
    return found


def _command(*words: str) -> Callable[[], object]:
    return lambda: subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    crowd()
