"""What happens between proxy and target: packets lost, too large, or sent nowhere. Each has a port of its own.

Those named `both_...` are captured at both ends.
"""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.sources.captures.detail.network import NOWHERE, Network
from tests.sources.captures.detail.talking import ANSWER, KEPT, REQUEST, answer_and_close, connect, connected, reset

if TYPE_CHECKING:
    import socket

LARGE = 6000


def unreachable(net: Network, port: int) -> None:
    with suppress(OSError):
        connect(net.proxy, port, 2, NOWHERE)


def send_large(net: Network, port: int) -> None:
    """A request larger than the narrow path; the proxy waits for 1.5 s."""
    opener, target = connected(net, port)
    opener.sendall(REQUEST)
    target.recv(65536)
    target.sendall(ANSWER)
    opener.recv(65536)
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(answer_large, target)
        opener.settimeout(1.5)
        with suppress(OSError):
            opener.sendall(b"POST /upload HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % LARGE + bytes(LARGE))
            opener.recv(65536)
        reset(opener)
        served.result()


def answer_large(target: socket.socket) -> None:
    target.settimeout(2)
    received = 0
    with suppress(OSError):
        while received < LARGE and (part := target.recv(65536)):
            received += len(part)
        if received >= LARGE:
            target.sendall(ANSWER)
            time.sleep(0.1)
    target.close()


def large_with_icmp(net: Network, port: int) -> None:
    """The router says how much fits, and the rest is routine."""
    send_large(net, port)


def mtu_black_hole(net: Network, port: int) -> None:
    """The router's ICMP errors are filtered, as careless firewalls do."""
    net.router.nft("table inet hush { chain c { type filter hook output priority 0; icmp type 3 drop; }; }")
    try:
        net.proxy.call(lambda: subprocess.run(["ip", "route", "flush", "cache"], check=True))
        send_large(net, port)
    finally:
        net.router.nft("delete table inet hush")


def both_served(net: Network, port: int) -> None:
    answer_and_close(net, port, ANSWER)


def both_syn_lost_once(net: Network, port: int) -> None:
    """The first SYN is lost on the way, its repetition arrives."""
    answer_and_close(net, port, ANSWER)
    with ThreadPoolExecutor(1) as pool:
        with net.router.lost(f"tcp dport {port} tcp flags & (syn|ack) == syn"):
            served = pool.submit(answer_and_close, net, port, ANSWER)
            time.sleep(0.5)
        served.result()
    answer_and_close(net, port, ANSWER)


def both_never_arrived(net: Network, port: int) -> None:
    """Between two conversations that work, one whose SYNs are lost on the way."""
    answer_and_close(net, port, ANSWER)
    with net.router.lost(f"tcp dport {port}"), suppress(OSError):
        connect(net.proxy, port, 1.3)
    answer_and_close(net, port, ANSWER)


def both_request_lost(net: Network, port: int) -> None:
    """Connected; then nothing that the proxy sends gets through."""
    opener, target = connected(net, port)
    net.router.lose(f"tcp dport {port}")
    opener.sendall(REQUEST)
    time.sleep(0.8)
    opener.close()
    KEPT.append(target)


def both_answer_lost(net: Network, port: int) -> None:
    """The target has the request and answers; the answer is lost on the way back."""
    opener, target = connected(net, port)
    opener.sendall(REQUEST)
    target.recv(65536)
    time.sleep(0.1)
    net.router.lose(f"tcp sport {port}")
    target.sendall(ANSWER)
    time.sleep(0.8)
    opener.close()
    KEPT.append(target)


def both_arrived_unanswered(net: Network, port: int) -> None:
    """The target has the request and says nothing until the proxy gives up."""
    opener, target = connected(net, port)
    opener.sendall(REQUEST)
    target.recv(65536)
    time.sleep(0.4)
    opener.close()
    time.sleep(0.1)
    target.close()
