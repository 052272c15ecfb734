"""The real HAProxy, as Debian packages it, in a folder of its own."""

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
global
    log stdout format raw local0
    maxconn {connections}
defaults
    mode http
    log global
    option httplog
    option abortonclose
    # Without repetitions: HAProxy waits a second before each.
    retries 0
    http-reuse always
    timeout connect {connect_ms}ms
    timeout server {read_ms}ms
    timeout client 60s
frontend web
    bind {listen}
    default_backend api
backend api
{servers}"""
# A server's name is all that the log tells of it; many call it by its address.
SERVER = "    server {target} {target} pool-purge-delay {idle_ms}ms {options}\n"
CHECKS = "check inter 200ms fall 2 rise 1"
TLS = "ssl verify required ca-file {folder}/target.pem verifyhost {name} sni str({name})"
LOG = "haproxy.log"


class HAProxy:
    """A running HAProxy; that a target leaves it learns from its health checks."""

    def deregister(self) -> None:
        """Nothing to tell: an idle HAProxy sends nothing to its target."""

    def register(self) -> None:
        """See `deregister`."""


def program() -> str:
    """Where HAProxy is; Why502Error if it is not."""
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Why502Error("HAProxy is not installed", hint="apt-get install --no-install-recommends haproxy")
    return found


def _configuration(setup: Setup) -> str:
    settings, scale = setup.settings, setup.time_scale
    tls = TLS.format(folder=setup.folder, name=TARGET_NAME) if settings.tls else ""
    idle_ms = round(1000 * settings.idle_timeout_s * scale)
    options = f"{CHECKS if settings.times_listed > 1 else ''} {tls}"
    return CONFIGURATION.format(
        connections=settings.connections,
        listen=LISTEN,
        servers="".join(SERVER.format(target=target, idle_ms=idle_ms, options=options) for target in setup.targets),
        connect_ms=round(1000 * settings.connect_timeout_s * scale),
        read_ms=round(1000 * settings.read_timeout_s * scale),
    )


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[HAProxy]:
    configuration = setup.folder / "haproxy.cfg"
    configuration.write_text(_configuration(setup))
    log = setup.folder / LOG
    with setup.host.running(program(), "-db", "-f", str(configuration), log=log) as process:
        until_listening(setup.host, LISTEN, process, log)
        yield HAProxy()


def evidence(setup: Setup) -> dict[str, Path]:
    """Its one log tells of requests and of its servers."""
    return {"access.log": setup.folder / LOG}


PROXY = Proxy("haproxy", running, evidence, program)
