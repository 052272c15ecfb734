"""A small web service in a process of its own, whose acceptor comes round late: a burst has to wait in its queue.

python -m tests.serving DOOR BACKLOG PAUSE_S ADDRESS
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from why502.host.namespaces import inside

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Service:
    pid: int
    port: int
    address: str

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}/"


@contextmanager
def serving(door: Path, backlog: int, pause_s: float = 0.05, address: str = "127.0.0.1") -> Iterator[Service]:
    """The service inside a network namespace; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.serving", str(door), str(backlog), str(pause_s), address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield Service(process.pid, int(process.stdout.readline()), address)
    finally:
        process.kill()
        process.communicate()


def main(door: str, backlog: str, pause_s: str, address: str) -> None:
    listener = inside(Path(door), lambda: socket.create_server((address, 0), backlog=int(backlog)))
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()
        time.sleep(float(pause_s))


def end_with_parent() -> None:
    """Not to outlive a test that was killed."""
    sys.stdin.read()
    os._exit(0)


def answer(connection: socket.socket) -> None:
    """One request, one answer."""
    received = b""
    with connection:
        connection.settimeout(5)
        try:
            while b"\r\n\r\n" not in received:
                chunk = connection.recv(65536)
                if not chunk:
                    return
                received += chunk
            connection.sendall(ANSWER)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
