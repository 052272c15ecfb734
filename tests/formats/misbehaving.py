"""A target on loopback that misbehaves as the request's path says, and a real nginx in front of it."""

from __future__ import annotations

import http.client
import random
import shutil
import socket
import struct
import subprocess
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOG_FORMATS = """
log_format pairs '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" "$http_x_forwarded_for" rt=$request_time uct="$upstream_connect_time" '
    'uht="$upstream_header_time" urt="$upstream_response_time" us="$upstream_status" ua="$upstream_addr" msec=$msec';
log_format bare '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" rt=$request_time uct=$upstream_connect_time '
    'uht=$upstream_header_time urt=$upstream_response_time status=$upstream_status upstream=$upstream_addr';
log_format ingress '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" $request_length $request_time [$proxy_host] [] '
    '$upstream_addr $upstream_response_length $upstream_response_time $upstream_status $request_id';
"""

JSON_AND_CUSTOM = """
log_format json escape=json '{"time_iso8601":"$time_iso8601","msec":"$msec","remote_addr":"$remote_addr",'
    '"request":"$request","status":"$status","body_bytes_sent":"$body_bytes_sent","request_time":"$request_time",'
    '"upstream_addr":"$upstream_addr","upstream_status":"$upstream_status","agent":"$http_user_agent",'
    '"upstream_connect_time":"$upstream_connect_time","upstream_header_time":"$upstream_header_time",'
    '"upstream_response_time":"$upstream_response_time"}';
log_format custom '$msec;$remote_addr;"$request";$status;$request_time;$upstream_addr;$upstream_status;'
    '$upstream_connect_time;$upstream_header_time $upstream_response_time $body_bytes_sent';
"""

NAMES = ("pairs", "bare", "ingress", "combined", "json", "custom")

CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log info;
events {{ worker_connections 64; }}
http {{
  {formats}
  access_log {folder}/pairs.log pairs; access_log {folder}/bare.log bare;
  access_log {folder}/ingress.log ingress; access_log {folder}/combined.log combined;
  access_log {folder}/json.log json; access_log {folder}/custom.log custom;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream nobody {{ server 127.0.0.1:9 down; server 127.0.0.1:10 down; }}
  upstream second {{ server 127.0.0.1:{refusing} max_fails=0; server 127.0.0.1:{target} backup; }}
  proxy_connect_timeout 1s; proxy_read_timeout 20s; proxy_buffer_size 1k; proxy_buffers 4 1k;
  proxy_busy_buffers_size 2k;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://127.0.0.1:{target}; }}
    location ~ ^/(slow|left) {{ proxy_pass http://127.0.0.1:{target}; proxy_read_timeout 1s; }}
    location /refused {{ proxy_pass http://127.0.0.1:{refusing}; }}
    location /full {{ proxy_pass http://127.0.0.1:{full}; }}
    location /nobody {{ proxy_pass http://nobody; }}
    location /retried {{ proxy_pass http://second; }}
    location /tls {{ proxy_pass https://127.0.0.1:{target}; }}
  }}
}}
"""

ANSWERS = {
    "/fine": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/retried": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/answers500": b"HTTP/1.0 500 Oops\r\nContent-Length: 2\r\n\r\nno",
    "/answers502": b"HTTP/1.0 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno",
    "/malformed": b"HTTP/1.0 200 OK\r\nbad\x01header\r\n\r\nok",
    "/too-large": b"HTTP/1.0 200 OK\r\nX: " + b"x" * 4000 + b"\r\n\r\nok",
    "/body-cut": b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nok",
    "/closed": b"",
}


_ARRIVED = threading.Semaphore(0)
"""Counts the requests for `LEFT` that reached a target."""
LEFT = "/left"


def _serve(connection: socket.socket) -> None:
    with connection:
        try:
            asked = connection.recv(4096)
            path = asked.split(b" ")[1].decode().split("?")[0] if asked.startswith(b"GET ") else ""
            if path == "/reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif path in ANSWERS:
                connection.sendall(ANSWERS[path])
            else:
                if path == LEFT:
                    _ARRIVED.release()
                connection.recv(1)  # silence until the proxy leaves
        except OSError:
            return


@contextmanager
def target() -> Iterator[int]:
    """The misbehaving target's port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def bound() -> Iterator[int]:
    """A port that nobody listens at, and that nobody else can take."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def free_port() -> int:
    """Below the range out of which kernels give ports to clients (`ip_local_port_range`): nobody is given it since."""
    while True:
        with socket.socket() as tried, suppress(OSError):
            port = random.randrange(15_000, 32_000)
            tried.bind(("127.0.0.1", port))
            return port


@contextmanager
def full() -> Iterator[int]:
    """A listener whose accept queue is full: its backlog is 0, and a connection waits that nobody accepts."""
    with socket.socket() as listener, ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(2):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        yield port


@contextmanager
def nginx(folder: Path, **ports: int) -> Iterator[int]:
    """A real nginx; its logs are complete when the block ends."""
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(folder=folder, port=port, formats=LOG_FORMATS + JSON_AND_CUSTOM, **ports)
    )
    process = subprocess.Popen([shutil.which("nginx") or "nginx", "-p", str(folder), "-c", str(configuration)])
    try:
        _wait_until_it_listens(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            continue
        return
    raise RuntimeError("nginx did not start")


def ask(port: int, path: str, client: str = "127.0.0.1") -> None:
    """One request; what comes back is of no interest."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(client, 0))
    try:
        connection.request("GET", path + "?id=7")
        connection.getresponse().read()
    except (http.client.HTTPException, OSError):
        pass
    finally:
        connection.close()


def ask_and_leave(port: int, path: str, client: str = "127.0.0.1") -> None:
    """A client that gives up: it waits until the proxy has asked the target, then leaves."""
    with socket.create_connection(("127.0.0.1", port), source_address=(client, 0)) as connection:
        connection.sendall(f"GET {path}?id=7 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        _ARRIVED.acquire(timeout=5)
        connection.settimeout(0.2)
        with suppress(TimeoutError):
            connection.recv(1)


PATHS = (
    "/fine",
    "/refused",
    "/full",
    "/nobody",
    "/retried",
    "/tls",
    *ANSWERS.keys() - {"/fine", "/retried"},
    "/reset",
    "/slow",
)


def record(folder: Path) -> None:
    """Every kind of failure once, logged by a real nginx into `folder`."""
    with (
        target() as usual,
        bound() as refusing,
        full() as no_room,
        nginx(folder, target=usual, refusing=refusing, full=no_room) as port,
    ):
        clients = [threading.Thread(target=ask, args=(port, path)) for path in PATHS]
        clients.append(threading.Thread(target=ask_and_leave, args=(port, "/left")))
        for client in clients:
            client.start()
        for client in clients:
            client.join()
