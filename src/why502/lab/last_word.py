"""One more request at the end of a run, for proxies that write their log a while later.

The proxy answers it itself. Lines are written in the order in which requests ended: when this one is there, all are.
"""

from __future__ import annotations

import socket
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from why502.errors import Why502Error
from why502.lab.proxies.interface import LISTEN
from why502.lab.waiting import START_LIMIT_S

if TYPE_CHECKING:
    from pathlib import Path

    from why502.lab.hosts import Host

LAST_WORD: Final = "/the-end-of-the-log"


def until_written(host: Host, log: Path) -> None:
    """Say it, and return when `log` has it."""
    host.call(partial(_ask_for, LAST_WORD))
    until_s = time.monotonic() + START_LIMIT_S
    while not log.exists() or LAST_WORD not in log.read_text():
        if time.monotonic() > until_s:
            raise Why502Error("a proxy of the lab did not write its log", where=log.name)
        time.sleep(0.05)


def _ask_for(path: str) -> None:
    address, _, port = LISTEN.rpartition(":")
    with socket.create_connection((address, int(port)), START_LIMIT_S) as asking:
        asking.settimeout(START_LIMIT_S)
        asking.sendall(f"GET {path} HTTP/1.1\r\nHost: lab.invalid\r\nConnection: close\r\n\r\n".encode())
        while asking.recv(65536):
            pass
