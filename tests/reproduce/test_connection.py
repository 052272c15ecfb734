from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.held import only_dropped_syns
from tests.isolation import isolated, listening
from tests.serving import ANSWER
from why502.host.listeners import ListenerWatch
from why502.host.namespaces import inside
from why502.model.probe import Fate
from why502.reproduce.bursts import burst
from why502.reproduce.request import Manners
from why502.reproduce.target import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from why502.model.probe import Attempt

QUICK = Manners(timeout_s=1.0)
RESET = struct.pack("ii", 1, 0)


def _one(port: int, manners: Manners = QUICK, door: Path | None = None, size: int = 1) -> tuple[Attempt, ...]:
    target = resolve(f"http://127.0.0.1:{port}/")
    work = partial(asyncio.run, burst(target, manners, size))
    return (inside(door, work) if door else work()).attempts


@contextmanager
def _answering(answer: Callable[[socket.socket], object]) -> Iterator[int]:
    """A service that treats each connection in its own way."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def _read_and(answer: bytes, connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(answer)


def _read_and_reset(connection: socket.socket) -> None:
    connection.recv(65536)
    time.sleep(0.1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def _hold(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.recv(65536)


@pytest.mark.parametrize(
    ("answer", "fate", "status"),
    [
        (partial(_read_and, ANSWER), Fate.ANSWERED, 200),
        (partial(_read_and, b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"), Fate.ANSWERED, 302),
        (partial(_read_and, b""), Fate.CLOSED, None),
        (partial(_read_and, b"\x00\xff no HTTP\r\n" * 9), Fate.CLOSED, None),
        (_read_and_reset, Fate.RESET, None),
        (_hold, Fate.NOT_ANSWERED, None),
    ],
)
def test_what_a_service_does_is_told_apart(
    answer: Callable[[socket.socket], object], fate: Fate, status: int | None
) -> None:
    """Answered (no redirect is followed), closed, reset, silent."""
    with _answering(answer) as port:
        (attempt,) = _one(port)
    assert (attempt.fate, attempt.status, attempt.syn_retransmits) == (fate, status, 0)
    assert attempt.connect_s is not None


def test_a_closed_port_refuses() -> None:
    """At once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (attempt,) = _one(port)
    assert (attempt.fate, attempt.error, attempt.connect_s) == (Fate.REFUSED, "ECONNREFUSED", None)


def test_without_a_request_nothing_is_sent() -> None:
    """A connection test: the service sees a connection, and its end."""
    got: list[bytes] = []
    with _answering(lambda connection: got.append(connection.recv(65536))) as port:
        (attempt,) = _one(port, Manners(timeout_s=3.0, connection_test_only=True))
    assert (attempt.fate, got) == (Fate.CONNECTED, [b""])


def test_a_service_without_tls_fails_the_handshake() -> None:
    """It is the handshake that failed, whatever else may be wrong."""
    with _answering(partial(_read_and, b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        target = resolve(f"https://127.0.0.1:{port}/")
        (attempt,) = asyncio.run(burst(target, QUICK, 1)).attempts
    assert attempt.fate is Fate.TLS_FAILED


def test_tls_is_spoken_whoever_signed(tmp_path: Path) -> None:
    """The connection is tested, not the certificate."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed; apt-get install openssl")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    subject = ("-subj", "/CN=test", "-days", "2", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    argv = ["openssl", "req", "-x509", *subject, "-keyout", key, "-out", certificate]
    subprocess.run(argv, check=True, capture_output=True, timeout=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(ANSWER)

    with _answering(answer) as port:
        target = resolve(f"https://127.0.0.1:{port}/")
        (attempt,) = asyncio.run(burst(target, QUICK, 1)).attempts
    assert (attempt.fate, attempt.status) == (Fate.ANSWERED, 200)


@pytest.mark.kernel
def test_a_full_queue_leaves_syns_unanswered() -> None:
    """Backlog 1 and nobody who accepts: two get in, the kernel acknowledges their requests, the others wait."""
    with isolated() as door, listening(door, 1) as listener:
        only_dropped_syns(door)
        attempts = _one(listener.getsockname()[1], Manners(timeout_s=1.5), door, size=5)
    fates = [attempt.fate for attempt in attempts]
    assert fates == [Fate.NOT_ANSWERED] * 2 + [Fate.SYN_UNANSWERED] * 3
    assert [min(attempt.syn_retransmits, 1) for attempt in attempts] == [0, 0, 1, 1, 1]


@pytest.mark.kernel
def test_a_late_place_in_the_queue_is_told() -> None:
    """Room once its SYN was dropped: the third gets through with its second one, a second late."""
    with (
        isolated() as door,
        listening(door, 1) as listener,
        closing(inside(door, lambda: ListenerWatch(1))) as watch,
    ):
        only_dropped_syns(door)

        def accept_all() -> None:
            while not watch.sample()[0].drops:
                time.sleep(0.002)
            for _ in range(3):
                connection, _ = listener.accept()
                with connection:
                    _read_and(ANSWER, connection)

        thread = threading.Thread(target=accept_all)
        thread.start()
        first, second, third = _one(listener.getsockname()[1], Manners(timeout_s=4.0), door, size=3)
        thread.join()
    assert (first.fate, second.fate) == (Fate.ANSWERED, Fate.ANSWERED)
    assert (third.fate, third.syn_retransmits, third.status) == (Fate.LATE, 1, 200)
    assert third.connect_s
    assert third.connect_s >= 0.9
