"""Every way in which a conversation can end. Each has a port of its own; its name is that of its capture."""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sources.captures.talking import (
    ANSWER,
    KEPT,
    REQUEST,
    accept_and_close,
    connect,
    connected,
    exchange,
    listen,
    lost,
    nft,
    reset,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def answered(port: int) -> None:
    opener, target = connected(port)
    exchange(opener, target)
    exchange(opener, target)
    opener.close()
    target.close()


def answered_ipv6(port: int) -> None:
    with listen(port, family=socket.AF_INET6) as listener:
        opener = socket.create_connection(("::1", port), 10)
        target = listener.accept()[0]
    exchange(opener, target)
    opener.close()
    target.close()


def unused(port: int) -> None:
    opener, target = connected(port)
    opener.close()
    target.close()


def refused(port: int) -> None:
    with suppress(ConnectionRefusedError):
        connect(port)


def syn_unanswered(port: int) -> None:
    with lost(f"tcp dport {port}"), suppress(TimeoutError):
        connect(port, timeout_s=1.3)


def syn_dropped_then_served(port: int) -> None:
    """Backlog 1 holds two connections; the third's SYN is dropped, and its repetition is served."""
    with listen(port, backlog=1) as listener, connect(port), connect(port):
        room = threading.Timer(0.5, accept_and_close, (listener, 2))
        room.start()
        opener = connect(port)
        room.join()
        target = listener.accept()[0]
        exchange(opener, target)
    opener.close()
    target.close()


@contextmanager
def final_ack_dropped(port: int) -> Iterator[tuple[socket.socket, socket.socket]]:
    """An opener that believes itself connected, and the listener whose full queue dropped its final ACK.

    Its first SYN-ACK is lost, so that its request still waits while two others fill the queue.
    """
    with listen(port, backlog=1) as listener, socket.socket() as opener, ExitStack() as waiting:
        opener.bind(("127.0.0.1", 0))
        with lost(f"tcp sport {port} tcp dport {opener.getsockname()[1]}"):
            opener.setblocking(False)
            opener.connect_ex(("127.0.0.1", port))
            for _ in range(2):
                waiting.enter_context(connect(port))
        select.select([], [opener], [], 10)
        opener.settimeout(10)
        opener.sendall(REQUEST)
        yield opener, listener


def final_ack_dropped_never_served(port: int) -> None:
    with final_ack_dropped(port) as (opener, _):
        time.sleep(2.6)
        opener.close()
        time.sleep(0.1)


def final_ack_dropped_then_served(port: int) -> None:
    with final_ack_dropped(port) as (opener, listener):
        time.sleep(2.3)
        accept_and_close(listener, 2)
        target = listener.accept()[0]
        target.recv(4096)
        target.sendall(ANSWER)
        opener.recv(4096)
        target.close()


def reset_to_final_ack(port: int) -> None:
    """`tcp_abort_on_overflow`: the final ACK that finds a full queue is answered with RST."""
    switch = Path("/proc/sys/net/ipv4/tcp_abort_on_overflow")
    switch.write_text("1")
    try:
        with suppress(OSError), final_ack_dropped(port):
            time.sleep(0.1)
    finally:
        switch.write_text("0")


def syn_cookie_reset(port: int) -> None:
    """Eight parallel requests in two segments each, a backlog of 1, an acceptor that is late."""
    gate = threading.Barrier(8)

    def request() -> None:
        gate.wait()
        with suppress(OSError), connect(port, timeout_s=3) as opener:
            opener.sendall(REQUEST)
            time.sleep(0.005)
            opener.sendall(b"body")
            opener.recv(4096)

    with listen(port, backlog=1) as listener:
        openers = [threading.Thread(target=request) for _ in range(8)]
        for opener in openers:
            opener.start()
        time.sleep(0.1)
        listener.settimeout(0.1)
        while any(opener.is_alive() for opener in openers):
            with suppress(OSError):
                target = listener.accept()[0]
                target.settimeout(1)
                while not target.recv(4096).endswith(b"body"):
                    pass
                target.sendall(ANSWER)
                target.close()


def closed_without_answer(port: int) -> None:
    opener, target = connected(port)
    opener.sendall(REQUEST)
    target.recv(4096)
    target.close()
    opener.recv(4096)
    opener.close()


def reset_after_request(port: int) -> None:
    opener, target = connected(port)
    opener.sendall(REQUEST)
    target.recv(4096)
    reset(target)
    opener.close()


def answer_cut(port: int) -> None:
    opener, target = connected(port)
    opener.sendall(REQUEST)
    target.recv(4096)
    target.sendall(ANSWER[:-1])
    reset(target)
    opener.close()


def reset_when_idle(port: int) -> None:
    opener, target = connected(port)
    exchange(opener, target)
    time.sleep(1.1)
    reset(target)
    opener.close()


def keepalive_race(port: int) -> None:
    """The target closes the idle connection; its FIN is still on its way when the opener sends."""
    opener, target = connected(port)
    exchange(opener, target)
    time.sleep(0.3)
    with lost(f"tcp sport {port} tcp flags & fin == fin"):
        target.close()
        opener.sendall(REQUEST)
        with suppress(ConnectionError):
            opener.recv(4096)
    opener.close()


def stale(port: int) -> None:
    """After an idle spell the other end is gone without a word."""
    opener, target = connected(port)
    exchange(opener, target)
    time.sleep(0.3)
    nft(f"table inet gone {{ chain c {{ type filter hook input priority 0; tcp dport {port} drop; }}; }}")
    opener.sendall(REQUEST)
    time.sleep(0.8)
    opener.close()
    KEPT.append(target)


def slow_target(port: int) -> None:
    opener, target = connected(port)
    opener.sendall(REQUEST)
    time.sleep(0.3)
    opener.close()
    time.sleep(0.2)
    target.close()
