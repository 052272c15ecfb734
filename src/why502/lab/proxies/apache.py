"""The real Apache httpd with mod_proxy_http, as Debian packages it, in a folder of its own."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from why502.errors import Why502Error
from why502.lab.proxies.interface import LISTEN, Proxy, Setup
from why502.lab.waiting import until_listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULES = ("mpm_event", "authz_core", "proxy", "proxy_http")

CONFIGURATION = """\
ServerRoot {folder}
ServerName lab.example
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
Listen {listen}
User www-data
Group www-data
{modules}
ErrorLog {folder}/error.log
LogLevel warn
LogFormat "%v:%p %h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\" %D" lab
CustomLog {folder}/access.log lab
Timeout {read_s}
ProxyPass / http://{target}/ connectiontimeout={connect_ms}ms timeout={read_s} ttl={idle_s} retry=0
"""


class Apache:
    """A running Apache; it knows nothing of registration."""

    def deregister(self) -> None:
        """Nothing to tell: an idle Apache sends nothing to its target."""

    def register(self) -> None:
        """See `deregister`."""


def program() -> str:
    """Where Apache is; Why502Error if it is not."""
    found = shutil.which("apache2") or shutil.which("apache2", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Why502Error("Apache is not installed", hint="apt-get install --no-install-recommends apache2")
    return found


def _configuration(setup: Setup) -> str:
    settings, scale = setup.settings, setup.time_scale
    return CONFIGURATION.format(
        folder=setup.folder,
        listen=LISTEN,
        modules="\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES),
        target=setup.target,
        connect_ms=round(1000 * settings.connect_timeout_s * scale),
        # Apache counts these in whole seconds.
        read_s=max(1, round(settings.read_timeout_s * scale)),
        idle_s=max(1, round(settings.idle_timeout_s * scale)),
    )


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[Apache]:
    configuration = setup.folder / "apache.conf"
    configuration.write_text(_configuration(setup))
    start_log = setup.folder / "start.log"
    command = (program(), "-D", "FOREGROUND", "-f", str(configuration))
    with setup.host.running(*command, log=start_log) as process:
        until_listening(setup.host, LISTEN, process, start_log)
        yield Apache()


def evidence(setup: Setup) -> dict[str, Path]:
    return {name: setup.folder / name for name in ("access.log", "error.log")}


PROXY = Proxy("apache", running, evidence, program)
