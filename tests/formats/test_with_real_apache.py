from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.formats.misbehaving import free_port
from tests.formats.proxying import (
    ASKED,
    UNTOLD,
    Fate,
    Targets,
    ask_everything,
    executable,
    fates,
    read,
    running,
    targets,
    wait_until_logged,
)
from why502.facts.error_log import join
from why502.model.requests import Manner, Phase, Request, Side

if TYPE_CHECKING:
    from pathlib import Path

    from why502.sources.interface import Reading

pytestmark = pytest.mark.skipif(not executable("apache2"), reason="apache2 is not installed")

MODULES = (
    "mpm_event",
    "authz_core",
    "proxy",
    "proxy_http",
    "proxy_balancer",
    "slotmem_shm",
    "lbmethod_byrequests",
    "socache_shmcb",
    "ssl",
)

CONFIGURATION = r"""
ServerRoot {folder}
PidFile {folder}/pid
Mutex file:{folder} default
DefaultRuntimeDir {folder}
ServerName localhost
User www-data
Group www-data
Listen 127.0.0.1:{port}
ErrorLog {folder}/error.log
LogLevel warn
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{{Referer}}i\" \"%{{User-Agent}}i\"" combined
LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{{Referer}}i\" \"%{{User-Agent}}i\" %D %{{BALANCER_WORKER_NAME}}e" more
CustomLog {folder}/combined.log combined
CustomLog {folder}/more.log more
ProxyTimeout 20
SSLProxyEngine on
ProxyPass /slow http://127.0.0.1:{usual}/slow timeout=1
ProxyPass /left http://127.0.0.1:{usual}/left timeout=1
ProxyPass /refused http://127.0.0.1:{refusing}
ProxyPass /full http://127.0.0.1:{full} connectiontimeout=1
ProxyPass /nobody balancer://nobody
ProxyPass /name http://orders.invalid
ProxyPass /tls https://127.0.0.1:{usual} timeout=1
<Proxy balancer://nobody>
  BalancerMember http://127.0.0.1:{refusing}/nobody status=D
</Proxy>
ProxyPass / http://127.0.0.1:{usual}/
"""

TIMED_OUT: Fate = (Side.PROXY, Phase.WAIT, Manner.TIMEOUT)

JOINED: dict[str, Fate] = {
    "/refused": (Side.PROXY, Phase.CONNECT, Manner.REFUSED),
    "/full": (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
    "/nobody": (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "/name": (Side.PROXY, Phase.NO_TARGET, Manner.UNRESOLVED),
    "/tls": (Side.PROXY, Phase.TLS, Manner.UNKNOWN),
    "/closed": (Side.PROXY, Phase.WAIT, Manner.CLOSED),
    "/reset": (Side.PROXY, Phase.WAIT, Manner.RESET),
    "/malformed": (Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "/slow": TIMED_OUT,
    "/left": TIMED_OUT,
}

SERVED = ("/fine", "/retried", "/too-large", "/body-cut")
SUCCESS: Fate = (None, Phase.UNKNOWN, None)


def configuration(folder: Path, port: int, servers: Targets) -> str:
    modules = (f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES)
    return "\n".join(modules) + CONFIGURATION.format(folder=folder, port=port, **servers._asdict())


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reading]:
    folder = tmp_path_factory.mktemp("apache")
    port = free_port()
    with targets() as servers:
        (folder / "cfg").write_text(configuration(folder, port, servers))
        with running([executable("apache2") or "", "-DFOREGROUND", "-f", str(folder / "cfg")], port):
            ask_everything(port)
            for name in ("more.log", "combined.log"):  # the client of one is gone, but it runs into its timeout
                wait_until_logged(folder / name, *ASKED)
    return read(folder / "combined.log", folder / "more.log", folder / "error.log")


@pytest.mark.parametrize("log", ["combined.log", "more.log"])
def test_both_logs_together_tell_what_each_target_did(readings: dict[str, Reading], log: str) -> None:
    """The access log tells only that it failed; two or three lines of the error log each become the reason why."""
    access = [fact for fact in readings[log].facts if isinstance(fact, Request)]
    errors = [fact for fact in readings["error.log"].facts if isinstance(fact, Request)]
    joined, hidden = join(access, errors)
    told = {each.path or "": (each.side, each.phase, each.manner) for each in joined}
    assert told == JOINED | dict.fromkeys(("/answers500", "/answers502"), UNTOLD) | dict.fromkeys(SERVED, SUCCESS)
    assert [(each.phase, each.manner) for each in hidden] == [(Phase.BODY, Manner.CLOSED)]


def test_the_error_log_alone_tells_every_failure_once(readings: dict[str, Reading]) -> None:
    """The lines of one thread are put together: as many failures as requests failed."""
    errors = [fact for fact in readings["error.log"].facts if isinstance(fact, Request)]
    _, hidden = join([], errors)
    assert sorted((f.phase, f.manner or "") for f in hidden) == sorted(
        [(phase, manner or "") for _, phase, manner in JOINED.values()] + [(Phase.BODY, Manner.CLOSED)]
    )


def test_a_worker_and_a_duration_behind_the_line_are_read(readings: dict[str, Reading]) -> None:
    """`%D` in microseconds: the end is known, and with it which error belongs to the request.

    A timer never fires early; how late it does, only a machine without load could say.
    """
    slow = fates(readings["more.log"])
    (request,) = [f for f in readings["more.log"].facts if isinstance(f, Request) and f.path == "/slow"]
    assert slow["/slow"] == UNTOLD
    assert 1.0 <= (request.total_s or 0.0) < 1000.0
    assert readings["more.log"].input.kind == "apache-access-log"


@pytest.mark.parametrize("log", ["combined.log", "more.log", "error.log"])
def test_every_line_of_a_real_apache_is_understood(readings: dict[str, Reading], log: str) -> None:
    """Nothing that Apache wrote is left over."""
    assert readings[log].input.not_understood == 0
