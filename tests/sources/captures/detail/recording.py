"""Records the captures of `recorded/`: what only the payload, an ICMP error or a second capture can tell.

    sudo python -m tests.sources.captures.detail.recording tests/sources/captures/detail/recorded

Each scenario has a port of its own; captures of the target's end are named `..._at_target`, and their clock is
`TARGET_AHEAD_S` ahead.
"""

from __future__ import annotations

import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sources.captures.detail.network import NOWHERE, TARGET, Host, Network

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE_S = 60
TARGET_AHEAD_S = 2
REQUEST = b"GET /api/users?token=secret HTTP/1.1\r\nHost: target\r\nCookie: a=secret\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LARGE = 6000

KEPT: list[socket.socket] = []
"""Ends that must not say goodbye before the recording is over."""


def listen(net: Network, port: int) -> socket.socket:
    listener = net.target.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((TARGET, port))
    listener.listen(16)
    listener.settimeout(10)
    return listener


def connect(host: Host, port: int, timeout_s: float = 10, address: str = TARGET) -> socket.socket:
    opener = host.socket()
    opener.settimeout(timeout_s)
    opener.connect((address, port))
    return opener


def connected(net: Network, port: int) -> tuple[socket.socket, socket.socket]:
    """Both ends of a fresh connection: the opener's, the target's."""
    with listen(net, port) as listener:
        opener = connect(net.proxy, port)
        target = listener.accept()[0]
        target.settimeout(10)
        return opener, target


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drained(connection: socket.socket) -> None:
    with suppress(OSError):
        while connection.recv(65536):
            pass


def answer_and_close(net: Network, port: int, answer: bytes, request: bytes = REQUEST) -> None:
    """One request; the target answers and closes first."""
    opener, target = connected(net, port)
    opener.sendall(request)
    target.recv(65536)
    target.sendall(answer)
    target.close()
    drained(opener)
    opener.close()


def whole(net: Network, port: int) -> None:
    answer_and_close(net, port, ANSWER)


def whole_chunked(net: Network, port: int) -> None:
    answer_and_close(net, port, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")


def whole_until_close(net: Network, port: int) -> None:
    """HTTP/1.0: the body ends with the connection."""
    answer_and_close(net, port, b"HTTP/1.0 200 OK\r\n\r\nabc")


def whole_head(net: Network, port: int) -> None:
    """The length that a HEAD is told announces no body."""
    answer_and_close(net, port, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"HEAD / HTTP/1.1\r\n\r\n")


def whole_odd(net: Network, port: int) -> None:
    """Bare line feeds and an empty reason: ugly, and taken by every proxy."""
    answer_and_close(net, port, b"HTTP/1.1 200 \nContent-Length: 2\nX-Empty:\n\nok")


def whole_continued(net: Network, port: int) -> None:
    """100 Continue comes before the answer."""
    opener, target = connected(net, port)
    opener.sendall(b"POST /form HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    target.recv(65536)
    target.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    opener.recv(65536)
    opener.sendall(b"abc")
    target.recv(65536)
    time.sleep(0.1)
    target.sendall(ANSWER)
    opener.recv(65536)
    opener.close()
    target.close()


def whole_then_reset(net: Network, port: int) -> None:
    """A server that closes without having read everything resets, after a complete answer."""
    opener, target = connected(net, port)
    opener.sendall(REQUEST)
    target.recv(65536)
    target.sendall(ANSWER)
    opener.recv(65536)
    reset(target)
    time.sleep(0.05)
    opener.close()


def truncated(net: Network, port: int) -> None:
    answer_and_close(net, port, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello, world")


def truncated_chunked(net: Network, port: int) -> None:
    answer_and_close(net, port, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n8\r\nwor")


def malformed(net: Network, port: int) -> None:
    """A database that greets; the proxy hangs up."""
    opener, target = connected(net, port)
    opener.sendall(REQUEST)
    target.recv(65536)
    target.sendall(b"J\0\0\0\x0a8.0.36\0greetings\0")
    opener.recv(65536)
    opener.close()
    time.sleep(0.02)
    target.close()


def malformed_header(net: Network, port: int) -> None:
    opener, target = connected(net, port)
    opener.sendall(REQUEST)
    target.recv(65536)
    target.sendall(b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\nok")
    opener.recv(65536)
    opener.close()
    time.sleep(0.02)
    target.close()


def zero_window(net: Network, port: int) -> None:
    """The target does not read what it is sent."""
    with listen(net, port) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opener = connect(net.proxy, port)
        target = listener.accept()[0]
    opener.settimeout(0.5)
    with suppress(OSError):
        opener.sendall(b"POST /upload HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + bytes(1_000_000))
    opener.close()
    target.close()


def certificate(folder: str) -> tuple[str, str]:
    key, chain = f"{folder}/key.pem", f"{folder}/cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=target", "-addext", "subjectAltName=DNS:target", "-days", "3650"]
    subprocess.run([*command, *names, "-keyout", key, "-out", chain], check=True, capture_output=True)
    return key, chain


def handshake(net: Network, port: int, *, trusted: bool, version: ssl.TLSVersion, wants_client: bool = False) -> None:
    """TLS from proxy to target; the proxy verifies the certificate, the target perhaps the proxy's."""
    with tempfile.TemporaryDirectory() as folder:
        key, chain = certificate(folder)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(chain, key)
        server.maximum_version = version
        if wants_client:
            server.verify_mode = ssl.CERT_REQUIRED
        client = ssl.create_default_context(cafile=chain if trusted else None)
        opener, target = connected(net, port)
        with ThreadPoolExecutor(1) as pool:
            served = pool.submit(serve_tls, server, target)
            with suppress(OSError):
                ask_tls(client, opener)
            served.result()


def ask_tls(client: ssl.SSLContext, opener: socket.socket) -> None:
    with opener, client.wrap_socket(opener, server_hostname="target") as wrapped:
        wrapped.sendall(REQUEST)
        wrapped.recv(65536)


def serve_tls(server: ssl.SSLContext, target: socket.socket) -> None:
    with target, suppress(OSError), server.wrap_socket(target, server_side=True) as wrapped:
        wrapped.recv(65536)
        wrapped.sendall(ANSWER)
        with suppress(OSError):
            wrapped.recv(65536)


def tls_served(net: Network, port: int) -> None:
    handshake(net, port, trusted=True, version=ssl.TLSVersion.TLSv1_3)


def tls12_served(net: Network, port: int) -> None:
    handshake(net, port, trusted=True, version=ssl.TLSVersion.TLSv1_2)


def tls_certificate_refused(net: Network, port: int) -> None:
    handshake(net, port, trusted=False, version=ssl.TLSVersion.TLSv1_3)


def tls12_certificate_refused(net: Network, port: int) -> None:
    handshake(net, port, trusted=False, version=ssl.TLSVersion.TLSv1_2)


def tls_client_certificate_wanted(net: Network, port: int) -> None:
    handshake(net, port, trusted=True, version=ssl.TLSVersion.TLSv1_3, wants_client=True)


def tls_to_plain_port(net: Network, port: int) -> None:
    opener, target = connected(net, port)
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(refuse_plainly, target)
        with suppress(OSError):
            ssl.create_default_context().wrap_socket(opener, server_hostname="target")
        opener.close()
        served.result()


def refuse_plainly(target: socket.socket) -> None:
    target.recv(65536)
    target.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    target.close()


def read_and_close(target: socket.socket) -> None:
    target.recv(65536)
    target.close()


def tls_closed(net: Network, port: int) -> None:
    """The target reads the ClientHello and closes."""
    opener, target = connected(net, port)
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(read_and_close, target)
        with suppress(OSError):
            ssl.create_default_context().wrap_socket(opener, server_hostname="target")
        opener.close()
        served.result()


def plain_to_tls_port(net: Network, port: int) -> None:
    """A TLS server meets `GET`: an alert is all it can say."""
    opener, target = connected(net, port)
    opener.sendall(REQUEST)
    target.recv(65536)
    target.sendall(b"\x15\x03\x01\x00\x02\x02\x0a")
    opener.recv(65536)
    opener.close()
    time.sleep(0.02)
    target.close()


def frame(kind: int, stream: int, body: bytes = b"", flags: int = 0) -> bytes:
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def http2_goaway(net: Network, port: int) -> None:
    """GOAWAY crosses the second stream, which is refused."""
    opener, target = connected(net, port)
    opener.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0) + frame(1, 1, b"\x82", 5))
    target.recv(65536)
    target.sendall(frame(4, 0) + frame(1, 1, b"\x88", 5))
    opener.recv(65536)
    target.sendall(frame(7, 0, (1).to_bytes(4, "big") + bytes(4)))
    opener.sendall(frame(1, 3, b"\x82", 5))
    target.recv(65536)
    target.sendall(frame(3, 3, (7).to_bytes(4, "big")))
    drained_soon(opener)
    opener.close()
    target.close()


def drained_soon(connection: socket.socket) -> None:
    connection.settimeout(0.2)
    drained(connection)


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


TOGETHER: list[Callable[[Network, int], None]] = [
    whole,
    whole_chunked,
    whole_until_close,
    whole_head,
    whole_odd,
    whole_continued,
    whole_then_reset,
    truncated,
    truncated_chunked,
    malformed,
    malformed_header,
    zero_window,
    tls_served,
    tls12_served,
    tls_certificate_refused,
    tls12_certificate_refused,
    tls_client_certificate_wanted,
    tls_to_plain_port,
    tls_closed,
    plain_to_tls_port,
    http2_goaway,
    unreachable,
    both_served,
    both_syn_lost_once,
    both_never_arrived,
    both_request_lost,
    both_answer_lost,
    both_arrived_unanswered,
]
ALONE: list[Callable[[Network, int], None]] = [mtu_black_hole, large_with_icmp]
"""In this order: once the router has told the MTU, the proxy remembers it."""
KEPT_BYTES: dict[Callable[[Network, int], None], int] = {zero_window: 128}
"""Of each packet, where the payload does not matter."""


def main(folder: Path) -> None:
    signal.alarm(DEADLINE_S)
    net = Network()
    places = {scenario: port for port, scenario in enumerate([*TOGETHER, *ALONE], start=8101)}
    for scenario in ALONE:
        scenario(net, places[scenario])
    with ThreadPoolExecutor(len(TOGETHER)) as pool:
        done = [pool.submit(scenario, net, places[scenario]) for scenario in TOGETHER]
    for future in done:
        future.result()
    time.sleep(0.2)
    for scenario, port in places.items():
        name, snap_bytes = scenario.__name__, KEPT_BYTES.get(scenario, 1 << 16)
        net.at_proxy.write(folder / f"{name}.pcap", port, snap_bytes=snap_bytes)
        if name.startswith("both_"):
            net.at_target.write(folder / f"{name}_at_target.pcap", port, ahead_s=TARGET_AHEAD_S)
    assert threading.active_count() < 100


if __name__ == "__main__":
    main(Path(sys.argv[1]))
