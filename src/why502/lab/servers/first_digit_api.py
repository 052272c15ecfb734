"""A small API service with the fault of Dropwizard 1.3.0 to 1.3.6: it takes its backlog from the first digit
of `net.core.somaxconn`.

`dropwizard-jetty`'s `NetUtil` read the file with `Files.readAllBytes`. The JDK sizes its buffer by the size that
procfs reports, 0, probes with a read of one byte, and then reads on at offset 1; there the kernel's handler for
integers (`__do_proc_dointvec`, kernel/sysctl.c) returns nothing. 128 becomes 1. Here the same two reads are made,
so the kernel makes the fault, not a constant.

    python -m why502.lab.servers.first_digit_api --address 10.50.2.2:8080 [--accept-queue-size 4096]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

SOMAXCONN = Path("/proc/sys/net/core/somaxconn")
MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 1 << 20
SHUTDOWN_GRACE_S = 5.0


def read_like_the_jdk(path: Path) -> bytes:
    """`Files.readAllBytes` of a file whose reported size is 0: one byte first, the rest at offset 1."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        content = os.read(descriptor, 1)
        while more := os.read(descriptor, 8192):
            content += more
        return content
    finally:
        os.close(descriptor)


def os_default_backlog() -> int:
    return int(read_like_the_jdk(SOMAXCONN))


@dataclass(slots=True)
class Lateness:
    """How late the acceptor comes back after each accept, as with garbage collection or TLS on its thread.

    Often tens of milliseconds; every tenth accept or so a pause of a second or two; and every other of these
    pauses lasts `stall_s` (give or take 15 %), longer than a proxy wants to wait.
    """

    seed: int
    stall_s: float
    _random: random.Random = field(init=False)
    _pauses: int = 0
    _accepts_to_pause: int = 6

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - reproducible, not secret

    def next_s(self) -> float:
        self._accepts_to_pause -= 1
        if self._accepts_to_pause > 0:
            return self._random.uniform(0.010, 0.050) if self._random.random() < 0.9 else 0.0
        self._accepts_to_pause = self._random.randint(8, 12)
        self._pauses += 1
        if self._pauses % 2 == 0:
            return self._random.uniform(1.0, 1.3) * self.stall_s
        return self._random.uniform(0.9, 1.8)


@dataclass(slots=True)
class Api:
    """The service: one acceptor, one thread a connection, HTTP/1.1 with keep-alive."""

    listener: socket.socket
    lateness: Lateness
    idle_timeout_s: float
    stopping: threading.Event = field(default_factory=threading.Event)
    idle: dict[int, socket.socket] = field(default_factory=dict)
    """Connections that wait for a request, by descriptor; a stop closes them."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self) -> None:
        """Accept until stopped, then end gracefully: finish what is in flight, close what is idle."""
        self.listener.settimeout(0.1)
        while not self.stopping.is_set():
            try:
                connection, _ = self.listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()
            self.stopping.wait(self.lateness.next_s())
        self._drain()

    def _drain(self) -> None:
        self._take_the_queued()
        self.listener.close()
        with self.lock:
            for connection in self.idle.values():
                with contextlib.suppress(OSError):  # the other side was faster
                    connection.shutdown(socket.SHUT_RD)  # wakes the thread, which then closes
        until_s = time.monotonic() + SHUTDOWN_GRACE_S
        for thread in threading.enumerate():
            if thread is not threading.current_thread():
                thread.join(max(0.0, until_s - time.monotonic()))
        log("stopped")

    def _take_the_queued(self) -> None:
        """Who is already connected still gets an answer: a listener that closes resets what it had queued."""
        self.listener.settimeout(0)
        while True:
            try:
                connection, _ = self.listener.accept()
            except BlockingIOError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(self.idle_timeout_s)
            try:
                while self._exchange(connection):
                    pass
            except (OSError, ValueError) as error:
                log(f"connection ended: {type(error).__name__}: {error}")

    def _exchange(self, connection: socket.socket) -> bool:
        """One request and its answer; whether the connection stays."""
        head, rest = self._wait_for_head(connection)
        if not head:
            return False
        started_s = time.monotonic()
        method, path, length = parse_head(head)
        while len(rest) < length:
            received = connection.recv(65536)
            if not received:
                return False
            rest += received
        time.sleep(0.015 + (hash_of(path) % 40) / 1000)  # the work: 15 to 54 ms, the same for the same path
        stays = not self.stopping.is_set()
        connection.sendall(answer(path, stays=stays))
        log(f"{method} {path} 200 {1000 * (time.monotonic() - started_s):.0f}ms")
        return stays

    def _wait_for_head(self, connection: socket.socket) -> tuple[bytes, bytes]:
        received = b""
        with self.lock:
            self.idle[connection.fileno()] = connection
        try:
            while b"\r\n\r\n" not in received:
                chunk = b"" if self.stopping.is_set() and not received else connection.recv(65536)
                if not chunk:
                    return b"", b""
                received += chunk
                if len(received) > MAX_HEAD_BYTES:
                    raise ValueError("request header too large")
        except TimeoutError:
            return b"", b""
        finally:
            with self.lock:
                del self.idle[connection.fileno()]
        head, _, rest = received.partition(b"\r\n\r\n")
        return head, rest


def parse_head(head: bytes) -> tuple[str, str, int]:
    """Method, path and length of the body."""
    request_line, *fields = head.decode("latin-1").split("\r\n")
    method, path, _ = request_line.split(" ", 2)
    for line in fields:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return method, path, min(int(value), MAX_BODY_BYTES)
    return method, path, 0


def hash_of(path: str) -> int:
    return sum(path.encode())


def answer(path: str, *, stays: bool) -> bytes:
    body = b'{"items": [' + b", ".join(b'{"id": %d}' % i for i in range(20 + hash_of(path) % 200)) + b"]}"
    connection = "keep-alive" if stays else "close"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return (head + f"Connection: {connection}\r\n\r\n").encode() + body


def log(text: str) -> None:
    """One line of the application's own log, in the manner of Dropwizard."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    sys.stdout.write(f"INFO  [{now}] api: {text}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", required=True)
    parser.add_argument("--accept-queue-size", type=int, help="default: the operating system's")
    parser.add_argument("--idle-timeout", type=float, default=30.0, help="seconds (Dropwizard's default: 30)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stall", type=float, default=11.0, help="seconds of the acceptor's longest pauses")
    options = parser.parse_args()
    host, _, port = options.address.rpartition(":")
    backlog = options.accept_queue_size or os_default_backlog()
    with socket.create_server((host, int(port)), backlog=backlog) as listener:
        log(f"listening on {options.address}")
        api = Api(listener, Lateness(options.seed, options.stall), options.idle_timeout)
        signal.signal(signal.SIGTERM, lambda *_: api.stopping.set())
        api.serve()


if __name__ == "__main__":
    main()
