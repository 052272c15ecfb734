from __future__ import annotations

import getpass
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.formats.misbehaving import free_port
from tests.formats.proxying import (
    ANSWERED,
    ASKED,
    NOT_FAILED,
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
from why502.lab.proxies.trafficserver import FOLDERS, INSTALLED
from why502.model.requests import Manner, Phase, Request, Side
from why502.model.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.interface import Reading

pytestmark = pytest.mark.skipif(not executable("traffic_server"), reason="trafficserver is not installed")

USER = "trafficserver" if os.geteuid() == 0 else getpass.getuser()

SETTINGS = {
    "http.cache.http": "INT 0",
    "exec_thread.autoconfig": "INT 0",
    "exec_thread.limit": "INT 2",
    "http.connect_attempts_timeout": "INT 20",
    "http.connect_attempts_max_retries": "INT 0",
    "http.transaction_no_activity_timeout_out": "INT 20",
    "http.down_server.cache_time": "INT 0",
    "http.response_header_max_size": "INT 3000",
    "log.logging_enabled": "INT 3",
    "log.max_secs_per_buffer": "INT 1",
    "log.periodic_tasks_interval": "INT 1",
    "diags.output.diag": "STRING E",
}

LOGGING = """logging:
  formats:
    - name: squid
      format: '%<cqtq> %<ttms> %<chi> %<crc>/%<pssc> %<psql> %<cqhm> %<cquc> %<caun> %<phr>/%<shn> %<psct>'
    - name: extended2
      format: '%<chi> - %<caun> [%<cqtn>] "%<cqtx>" %<pssc> %<pscl> %<sssc> %<sscl> %<cqcl> %<pqcl> %<cqhl> %<pshl>
        %<pqhl> %<sshl> %<tts> %<phr> %<cfsc> %<pfsc> %<crc>'
  logs:
    - {filename: squid, format: squid, mode: ascii}
    - {filename: extended2, format: extended2, mode: ascii}
"""

NO_CONNECT = "@plugin=conf_remap.so @pparam=proxy.config.http.connect_attempts_timeout=1"
SILENT = "@plugin=conf_remap.so @pparam=proxy.config.http.transaction_no_activity_timeout_out=1"
"""Only what never comes has a short timeout: on a busy machine all else takes the time that it takes."""

REMAP = """map http://127.0.0.1:{port}/refused http://127.0.0.1:{refusing}/refused
map http://127.0.0.1:{port}/full http://127.0.0.1:{full}/full {no_connect}
map http://127.0.0.1:{port}/slow http://127.0.0.1:{usual}/slow {silent}
map http://127.0.0.1:{port}/nobody http://127.0.0.1:{usual}/nobody {silent}
map http://127.0.0.1:{port}/name http://orders.invalid/name
map http://127.0.0.1:{port}/tls https://127.0.0.1:{usual}/tls {no_connect}
map http://127.0.0.1:{port}/ http://127.0.0.1:{usual}/
map http://x/ http://127.0.0.1:{usual}/ {silent}
"""

CUT: Fate = (Side.PROXY, Phase.WAIT, Manner.CUT)
TIMED_OUT: Fate = (Side.PROXY, Phase.WAIT, Manner.TIMEOUT)

JOINED: dict[str, Fate] = {
    "/fine": NOT_FAILED,
    "/retried": NOT_FAILED,
    "/malformed": NOT_FAILED,  # passed on as it is
    "/answers500": ANSWERED,
    "/answers502": ANSWERED,
    "/refused": (Side.PROXY, Phase.CONNECT, Manner.REFUSED),
    "/full": (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
    "/tls": (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
    "/name": (Side.PROXY, Phase.NO_TARGET, Manner.UNRESOLVED),
    "/closed": CUT,
    "/reset": CUT,
    "/too-large": (Side.PROXY, Phase.WAIT, Manner.UNKNOWN),
    "/body-cut": (None, Phase.BODY, Manner.CUT),
    "/slow": TIMED_OUT,
    "/nobody": TIMED_OUT,
    "/left": TIMED_OUT,
}

UNCONNECTED = tuple(
    f"{path}?id=7" for path, (_, phase, _) in JOINED.items() if phase in (Phase.CONNECT, Phase.NO_TARGET)
)
"""What the error log tells of."""


def configure(folder: Path, port: int, servers: Targets) -> None:
    for name in set(FOLDERS.values()):
        (folder / name).mkdir(exist_ok=True)
    places = {key: str(folder / name) for key, name in FOLDERS.items()} | INSTALLED
    (folder / "runroot.yaml").write_text("".join(f"{key}: {place}\n" for key, place in places.items()))
    etc = folder / "etc"
    own = {"http.server_ports": f"STRING {port}:ip-in=127.0.0.1", "admin.user_id": f"STRING {USER}"}
    settings = own | SETTINGS
    lines = (f"CONFIG proxy.config.{name} {value}\n" for name, value in settings.items())
    (etc / "records.config").write_text("".join(lines))
    (etc / "storage.config").write_text(f"{folder}/cache 16M\n")
    allowed = "ip_allow:\n  - apply: in\n    ip_addrs: [127.0.0.0/8]\n    action: allow\n    methods: ALL\n"
    (etc / "ip_allow.yaml").write_text(allowed)
    remap = REMAP.format(port=port, no_connect=NO_CONNECT, silent=SILENT, **servers._asdict())
    (etc / "remap.config").write_text(remap)
    (etc / "logging.yaml").write_text(LOGGING)


@pytest.fixture(scope="module")
def readings() -> Iterator[dict[str, Reading]]:
    """In a folder of its own, for it refuses to run as root and its user may not look into pytest's."""
    port = free_port()
    with TemporaryDirectory(prefix="why502-") as place, targets() as servers:
        folder = Path(place)
        configure(folder, port, servers)
        for path in (folder, *folder.iterdir()):
            path.chmod(0o777)
        with running([executable("traffic_server") or "", f"--run-root={folder}"], port):
            ask_everything(port)
            for name in ("squid", "extended2"):  # it writes its buffers out once a second
                wait_until_logged(folder / "log" / f"{name}.log", *ASKED)
            wait_until_logged(folder / "log" / "error.log", *UNCONNECTED)
        logs = [folder / "log" / f"{name}.log" for name in ("squid", "extended2", "error")]
        yield read(*logs, folder / "etc" / "records.config", folder / "etc" / "remap.config")


def test_both_logs_together_tell_what_each_target_did(readings: dict[str, Reading]) -> None:
    """ERR_CONNECT_FAIL has many meanings; the sizes beside it and the error log tell them apart."""
    access, errors = (
        [fact for fact in readings[name].facts if isinstance(fact, Request)] for name in ("extended2.log", "error.log")
    )
    joined, hidden = join(access, errors)
    assert {each.path: (each.side, each.phase, each.manner) for each in joined} == JOINED
    assert hidden == []


def test_squids_format_tells_timeouts_and_the_targets_own_errors(readings: dict[str, Reading]) -> None:
    """Without the sizes a failed connect and a closed connection look alike."""
    told = fates(readings["squid.log"])
    assert (told["/slow"], told["/answers502"], told["/fine"]) == (TIMED_OUT, ANSWERED, NOT_FAILED)
    assert told["/refused"] == told["/closed"] == (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)


def test_its_configuration_is_read(readings: dict[str, Reading]) -> None:
    """The records, and those that one mapping overrides."""
    told = {
        name: [s for s in readings[name].facts if isinstance(s, Setting)] for name in ("records.config", "remap.config")
    }
    assert {(s.name, s.seconds, s.scope) for s in told["records.config"] if s.seconds} == {
        ("connect_attempts_timeout", 20.0, ""),
        ("transaction_no_activity_timeout_out", 20.0, ""),
    }
    assert {(s.name, s.seconds) for s in told["remap.config"]} == {
        ("connect_attempts_timeout", 1.0),
        ("transaction_no_activity_timeout_out", 1.0),
    }
    assert all(s.scope.startswith("map http://") for s in told["remap.config"])


@pytest.mark.parametrize("log", ["squid.log", "extended2.log", "error.log"])
def test_every_line_of_a_real_traffic_server_is_understood(readings: dict[str, Reading], log: str) -> None:
    """Nothing that Traffic Server wrote is left over."""
    assert readings[log].input.not_understood == 0
