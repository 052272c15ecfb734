"""The real Apache Traffic Server, as Debian packages it, in a folder of its own. Nothing is cached."""

from __future__ import annotations

import contextlib
import pwd
import shutil
from typing import TYPE_CHECKING

from why502.errors import Why502Error
from why502.lab import last_word
from why502.lab.proxies.interface import LISTEN, Proxy, Setup
from why502.lab.waiting import until_listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER = "trafficserver"
"""It refuses to serve as root."""
FOLDERS = {
    "prefix": "",
    "sysconfdir": "etc",
    "datadir": "cache",
    "cachedir": "cache",
    "localstatedir": "run",
    "runtimedir": "run",
    "logdir": "log",
}
INSTALLED = {
    "exec_prefix": "/usr",
    "bindir": "/usr/bin",
    "sbindir": "/usr/sbin",
    "includedir": "/usr/include",
    "libdir": "/usr/lib/trafficserver",
    "libexecdir": "/usr/lib/trafficserver/modules",
}
RECORDS = """\
CONFIG proxy.config.http.server_ports STRING {port}:ip-in={address}
CONFIG proxy.config.admin.user_id STRING {user}
CONFIG proxy.config.http.cache.http INT 0
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.http.connect_attempts_timeout INT {connect_s}
CONFIG proxy.config.http.connect_attempts_max_retries INT 0
CONFIG proxy.config.http.transaction_no_activity_timeout_out INT {read_s}
CONFIG proxy.config.http.keep_alive_no_activity_timeout_out INT {idle_s}
CONFIG proxy.config.http.down_server.cache_time INT 0
CONFIG proxy.config.log.logging_enabled INT 3
CONFIG proxy.config.log.max_secs_per_buffer INT 1
CONFIG proxy.config.log.periodic_tasks_interval INT 1
CONFIG proxy.config.diags.output.diag STRING E
"""
LOGGING = """\
logging:
  formats:
    - name: extended2
      format: '%<chi> - %<caun> [%<cqtn>] "%<cqtx>" %<pssc> %<pscl> %<sssc> %<sscl> %<cqcl> %<pqcl> %<cqhl> %<pshl>
        %<pqhl> %<sshl> %<tts> %<phr> %<cfsc> %<pfsc> %<crc>'
  logs:
    - {filename: extended2, format: extended2, mode: ascii}
"""
ALLOWED = """\
ip_allow:
  - apply: in
    ip_addrs: [127.0.0.0/8]
    action: allow
    methods: ALL
"""


class TrafficServer:
    """A running Traffic Server; it knows nothing of registration."""

    def deregister(self) -> None:
        """Nothing to tell: an idle Traffic Server sends nothing to its target."""

    def register(self) -> None:
        """See `deregister`."""


def program() -> str:
    """Where Traffic Server is; Why502Error if it is not."""
    found = shutil.which("traffic_server")
    if found is None:
        hint = "apt-get install --no-install-recommends trafficserver"
        raise Why502Error("Traffic Server is not installed", hint=hint)
    return found


def _configure(setup: Setup, folder: Path) -> None:
    settings, scale = setup.settings, setup.time_scale
    for name in sorted(set(FOLDERS.values())):
        (folder / name).mkdir(exist_ok=True)
    places = {key: str(folder / name) for key, name in FOLDERS.items()} | INSTALLED
    (folder / "runroot.yaml").write_text("".join(f"{key}: {place}\n" for key, place in places.items()))
    address, _, port = LISTEN.rpartition(":")
    records = RECORDS.format(
        port=port,
        address=address,
        user=USER,
        # It counts in whole seconds.
        connect_s=max(1, round(settings.connect_timeout_s * scale)),
        read_s=max(1, round(settings.read_timeout_s * scale)),
        idle_s=max(1, round(settings.idle_timeout_s * scale)),
    )
    written = {
        "records.config": records,
        "storage.config": f"{folder}/cache 16M\n",
        "ip_allow.yaml": ALLOWED,
        "logging.yaml": LOGGING,
        "remap.config": f"map http://api.example/ http://{setup.target}/\n",
    }
    for name, text in written.items():
        (folder / "etc" / name).write_text(text)
    owner = pwd.getpwnam(USER)
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, owner.pw_uid, owner.pw_gid)


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[TrafficServer]:
    folder = setup.folder / "trafficserver"
    folder.mkdir()
    _configure(setup, folder)
    start_log = setup.folder / "start.log"
    with setup.host.running(program(), f"--run-root={folder}", log=start_log) as process:
        until_listening(setup.host, LISTEN, process, start_log)
        yield TrafficServer()
        last_word.until_written(setup.host, folder / "log" / "extended2.log")


def evidence(setup: Setup) -> dict[str, Path]:
    """Its access log without our own last request, and its error log, if there was anything to write."""
    folder = setup.folder / "trafficserver" / "log"
    access, errors = folder / "access.log", folder / "error.log"
    lines = (folder / "extended2.log").read_text().splitlines(keepends=True)
    access.write_text("".join(line for line in lines if last_word.LAST_WORD not in line))
    errors.touch()
    return {"access.log": access, "error.log": errors}


PROXY = Proxy("trafficserver", running, evidence, program)
