"""Waiting until a server of the lab answers."""

from __future__ import annotations

import socket
import time
from functools import partial
from typing import TYPE_CHECKING

from why502.errors import Why502Error

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from why502.lab.hosts import Host

START_LIMIT_S = 20.0


def until_listening(host: Host, address: str, process: subprocess.Popen[str], log: Path) -> None:
    """Return once `address` listens inside the host; Why502Error with the log's end if it does not."""
    until_s = time.monotonic() + START_LIMIT_S
    while not host.call(partial(_listens, address)):
        if process.poll() is not None or time.monotonic() > until_s:
            tail = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise Why502Error("a server of the lab did not start", where=address, why=" ".join(tail))
        time.sleep(0.02)


def _listens(address: str) -> bool:
    """Whether a listener is bound there: a second one is refused. No connection is made, so nothing is disturbed."""
    name, _, port = address.rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((name, int(port)))
        except OSError:
            return True
    return False
