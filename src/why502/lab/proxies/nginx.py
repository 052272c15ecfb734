"""The real nginx, as Debian packages it, in a folder of its own."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from why502.errors import Why502Error
from why502.lab.proxies.interface import LISTEN, TARGET_NAME, Proxy, Setup
from why502.lab.waiting import until_listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = """\
daemon off;
worker_processes 1;
{limits}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections {connections}; }}
http {{
    log_format lab '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                   '"$http_referer" "$http_user_agent" rt=$request_time ua="$upstream_addr" '
                   'us="$upstream_status" uct="$upstream_connect_time" uht="$upstream_header_time" '
                   'urt="$upstream_response_time"';
    access_log {folder}/access.log lab;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream api {{
        {servers}
        keepalive 32;
        keepalive_timeout {idle_ms}ms;
    }}
    server {{
        listen {listen};
        {ahead}
        location / {{
            proxy_pass {towards};
            proxy_set_header Host $host;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            # The body goes on as it streams in, in a write of its own.
            proxy_request_buffering off;
            proxy_connect_timeout {connect_ms}ms;
            proxy_read_timeout {read_ms}ms;
            proxy_send_timeout {read_ms}ms;
        }}
    }}
}}
"""


class Nginx:
    """A running nginx; it knows nothing of registration."""

    def deregister(self) -> None:
        """Nothing to tell: an idle nginx sends nothing to its target."""

    def register(self) -> None:
        """See `deregister`."""


def program() -> str:
    """Where nginx is; Why502Error if it is not."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Why502Error("nginx is not installed", hint="apt-get install --no-install-recommends nginx-light")
    return found


TLS = """\
proxy_ssl_verify on;
        proxy_ssl_trusted_certificate {folder}/target.pem;
        proxy_ssl_name {name};"""

RESOLVER = """\
resolver {address} valid=1s ipv6=off;
        resolver_timeout 1s;
        set $api {name};"""


def _patience(setup: Setup) -> str:
    """By default one failure takes a server out for ten seconds, if there are others: the whole run."""
    return " max_fails=0" if setup.others else ""


def _configuration(setup: Setup) -> str:
    settings, scale = setup.settings, setup.time_scale
    address, _, port = setup.target.rpartition(":")
    ahead = TLS.format(folder=setup.folder, name=TARGET_NAME) if settings.tls else ""
    if settings.resolves:
        ahead = RESOLVER.format(address=address, name=TARGET_NAME)
    return CONFIGURATION.format(
        folder=setup.folder,
        listen=LISTEN,
        limits=f"worker_rlimit_nofile {settings.descriptors};" if settings.descriptors else "",
        connections=settings.connections,
        servers=" ".join(f"server {target}{_patience(setup)};" for target in setup.targets * settings.times_listed),
        ahead=ahead,
        towards=f"http://$api:{port}" if settings.resolves else f"{'https' if settings.tls else 'http'}://api",
        connect_ms=round(1000 * settings.connect_timeout_s * scale),
        read_ms=round(1000 * settings.read_timeout_s * scale),
        idle_ms=round(1000 * settings.idle_timeout_s * scale),
    )


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[Nginx]:
    configuration = setup.folder / "nginx.conf"
    configuration.write_text(_configuration(setup))
    start_log = setup.folder / "start.log"
    command = (program(), "-e", str(start_log), "-p", str(setup.folder), "-c", str(configuration))
    with setup.host.running(*command, log=start_log) as process:
        until_listening(setup.host, LISTEN, process, start_log)
        yield Nginx()


def evidence(setup: Setup) -> dict[str, Path]:
    return {name: setup.folder / name for name in ("access.log", "error.log")}


PROXY = Proxy("nginx", running, evidence, program)
