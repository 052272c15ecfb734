"""The real Caddy, as Debian packages it, in a folder of its own."""

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
{{
    admin off
    auto_https off
    storage file_system {folder}/store
    log {{
        output file {folder}/error.log
        format json
    }}
}}
http://:{port} {{
    bind {address}
    log {{
        output file {folder}/access.log
    }}
    reverse_proxy {targets} {{
        transport http {{
            dial_timeout {connect_ms}ms
            response_header_timeout {read_ms}ms
            keepalive {idle_ms}ms
            {tls}
        }}
    }}
}}
"""
TLS = """tls
            tls_timeout {connect_ms}ms
            tls_server_name {name}
            tls_trusted_ca_certs {folder}/target.pem.crt"""


class Caddy:
    """A running Caddy; it knows nothing of registration."""

    def deregister(self) -> None:
        """Nothing to tell: an idle Caddy sends nothing to its target."""

    def register(self) -> None:
        """See `deregister`."""


def program() -> str:
    """Where Caddy is; Why502Error if it is not."""
    found = shutil.which("caddy")
    if found is None:
        raise Why502Error("Caddy is not installed", hint="apt-get install --no-install-recommends caddy")
    return found


def _configuration(setup: Setup) -> str:
    settings, scale = setup.settings, setup.time_scale
    address, _, port = LISTEN.rpartition(":")
    connect_ms = round(1000 * settings.connect_timeout_s * scale)
    tls = TLS.format(folder=setup.folder, name=TARGET_NAME, connect_ms=connect_ms) if settings.tls else ""
    return CONFIGURATION.format(
        folder=setup.folder,
        address=address,
        port=port,
        targets=" ".join(f"{'https' if settings.tls else 'http'}://{target}" for target in setup.targets),
        connect_ms=connect_ms,
        read_ms=round(1000 * settings.read_timeout_s * scale),
        idle_ms=round(1000 * settings.idle_timeout_s * scale),
        tls=tls,
    )


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[Caddy]:
    configuration = setup.folder / "Caddyfile"
    configuration.write_text(_configuration(setup))
    start_log = setup.folder / "start.log"
    own = (f"{name}={setup.folder}" for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"))
    command = ("env", *own, program(), "run", "--adapter", "caddyfile", "--config", str(configuration))
    with setup.host.running(*command, log=start_log) as process:
        until_listening(setup.host, LISTEN, process, start_log)
        yield Caddy()


def evidence(setup: Setup) -> dict[str, Path]:
    """Caddy makes a log when it first writes to it."""
    logs = {name: setup.folder / name for name in ("access.log", "error.log")}
    for path in logs.values():
        path.touch()
    return logs


PROXY = Proxy("caddy", running, evidence, program)
