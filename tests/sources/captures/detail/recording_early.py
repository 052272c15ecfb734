"""Records answers that come before the request is whole: real servers as targets, a proxy that goes on with the body.

    sudo python -m tests.sources.captures.detail.recording_early tests/sources/captures/early

nginx and Apache refuse by the length that the head announces, Node.js answers without reading. Each connection serves
one request before, as one of a pool would. `..._headers` is the same without payload, as `tcpdump -s 66` writes it.
Nothing is recorded anew by the tests: how soon the FIN follows the answer depends on what else the machine does.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.sources.captures.detail.network import TARGET, Network
from tests.sources.captures.detail.recording_http2 import serve

DEADLINE_S = 120
PIECE_BYTES, PIECES = 4096, 6
HEADERS_BYTES = 66
PAUSES_S = {"burst": 0.0, "slow": 0.03}
"""Between two pieces of the body."""

NGINX = """
daemon off;
error_log stderr;
pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen {address}:{port};
    client_max_body_size 1k;
    location / {{ return 200 "ok"; }}
    location /upload {{ proxy_pass http://127.0.0.1:1; }}
  }}
}}
"""
APACHE = """
ServerRoot {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
Listen {address}:{port}
ServerName target
DocumentRoot {folder}
LimitRequestBody 1000
User www-data
Group www-data
"""
NODE = """
const server = require('http').createServer((request, answer) => {
  if (request.method === 'POST') answer.setHeader('Connection', 'close');
  answer.writeHead(request.method === 'POST' ? 413 : 200);
  answer.end('said');
});
server.listen(Number(process.argv[2]), process.argv[1]);
"""


def command(server: str, folder: Path, port: int) -> list[str]:
    if server == "node":
        return ["node", "-e", NODE, TARGET, str(port)]
    conf = folder / f"{server}.conf"
    text = NGINX if server == "nginx" else APACHE
    conf.write_text(text.format(folder=folder, address=TARGET, port=port))
    return ["nginx", "-c", str(conf), "-p", str(folder)] if server == "nginx" else ["apache2", "-X", "-f", str(conf)]


def upload(net: Network, port: int, pause_s: float) -> None:
    """One request that is served, then one whose body goes on whatever the target says."""
    with net.proxy.socket() as opener:
        opener.settimeout(5)
        opener.connect((TARGET, port))
        opener.sendall(b"GET / HTTP/1.1\r\nHost: target\r\n\r\n")
        opener.recv(65536)
        time.sleep(0.05)
        with suppress(OSError):
            length = PIECES * PIECE_BYTES
            opener.sendall(b"POST /upload HTTP/1.1\r\nHost: target\r\nContent-Length: %d\r\n\r\n" % length)
            for _ in range(PIECES):
                time.sleep(pause_s)
                opener.sendall(b"x" * PIECE_BYTES)
            while opener.recv(65536):
                pass


def record(net: Network, server: str, folder: Path, port: int, out: Path) -> None:
    """Each pace has a port of its own."""
    for place, (pace, pause_s) in enumerate(PAUSES_S.items()):
        process = serve(net, command(server, folder, port + place), port + place)
        try:
            since = len(net.at_proxy.packets)
            upload(net, port + place, pause_s)
            time.sleep(0.2)
            earlier, net.at_proxy.packets = net.at_proxy.packets, net.at_proxy.packets[since:]
            net.at_proxy.write(out / f"{server}_{pace}.pcap", port + place)
            net.at_proxy.write(out / f"{server}_{pace}_headers.pcap", port + place, snap_bytes=HEADERS_BYTES)
            net.at_proxy.packets = earlier
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)


def main(out: Path) -> None:
    signal.alarm(DEADLINE_S)
    net = Network()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "index.html").write_text("ok")
        for place, server in enumerate(("nginx", "apache", "node")):
            record(net, server, folder, 8210 + 10 * place, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
