"""Records captures of HTTP/2 in the clear between real ends: Node.js as the client, nginx or Node.js as the target.

    sudo python -m tests.sources.captures.detail.recording_http2 FOLDER

They are the cases of `http2-goaway-race`. The order is forced: what is to cross the GOAWAY leaves the client in one
write with what causes it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sources.captures.detail.network import TARGET, Network

if TYPE_CHECKING:
    from collections.abc import Sequence

DEADLINE_S = 60

CLIENT = """
const http2 = require('http2');
const [address, ...bursts] = process.argv.slice(1);
const session = http2.connect(address);
session.on('error', () => {});
const ask = () => new Promise((done) => {
  const stream = session.request({':path': '/api'});
  stream.on('error', done).on('close', done).on('data', () => {}).end();
});
(async () => {
  for (const burst of bursts) await Promise.all(Array.from({length: Number(burst)}, ask));
  session.close();
  setTimeout(() => process.exit(0), 100);
})();
"""
"""Bursts of so many requests each, a burst after the answers of the one before."""

LEAVING = """
const http2 = require('http2');
const server = http2.createServer();
server.on('stream', (stream) => stream.session.socket.resetAndDestroy());
server.listen(Number(process.argv[2]), process.argv[1]);
"""
"""A target that resets the connection at the first request."""

NGINX = """
daemon off;
error_log stderr;
pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen {address}:{port} http2; keepalive_requests {requests}; return 200 "ok"; }}
}}
"""


def serve(net: Network, command: Sequence[str], port: int) -> subprocess.Popen[bytes]:
    """Start a target in its namespace, and wait until it listens."""
    quiet = subprocess.DEVNULL
    server = net.target.call(lambda: subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet))
    over_s = time.monotonic() + 20
    while time.monotonic() < over_s:
        probe = net.target.socket()
        probe.settimeout(1)
        if probe.connect_ex((TARGET, port)) == 0:
            probe.close()
            return server
        probe.close()
        time.sleep(0.05)
    raise TimeoutError(command[0])


def ask(net: Network, port: int, bursts: Sequence[int]) -> None:
    command = ["node", "-e", CLIENT, f"http://{TARGET}:{port}", *map(str, bursts)]
    net.proxy.call(lambda: subprocess.run(command, check=True, timeout=20))


def with_nginx(net: Network, port: int, requests: int, bursts: Sequence[int]) -> None:
    """nginx ends a connection after so many requests, and serves none that come after."""
    with tempfile.TemporaryDirectory() as folder:
        conf = Path(folder) / "nginx.conf"
        conf.write_text(NGINX.format(folder=folder, address=TARGET, port=port, requests=requests))
        server = serve(net, ["nginx", "-c", str(conf), "-p", folder], port)
        try:
            ask(net, port, bursts)
        finally:
            server.terminate()
            server.wait(10)


def with_leaving_node(net: Network, port: int) -> None:
    server = serve(net, ["node", "-e", LEAVING, TARGET, str(port)], port)
    try:
        ask(net, port, [1])
    finally:
        server.terminate()
        server.wait(10)


def main(folder: Path) -> None:
    signal.alarm(DEADLINE_S)
    net = Network()
    with_nginx(net, 8201, 1, [2])
    with_nginx(net, 8202, 3, [1, 3])
    with_nginx(net, 8203, 1, [1])
    with_leaving_node(net, 8204)
    time.sleep(0.2)
    names = {"first_request_was_the_last": 8201, "burst_at_the_limit": 8202, "orderly": 8203, "no_goaway": 8204}
    for name, port in names.items():
        net.at_proxy.write(folder / f"{name}.pcap", port)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
