"""Handshakes of TLS that succeed, are refused, or meet something else. Each has a port of its own."""

from __future__ import annotations

import ssl
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.sources.captures.detail.talking import ANSWER, REQUEST, connected

if TYPE_CHECKING:
    import socket

    from tests.sources.captures.detail.network import Network


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
