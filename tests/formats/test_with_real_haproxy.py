from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.formats.misbehaving import LEFT, free_port
from tests.formats.proxying import (
    ANSWERED,
    NOT_FAILED,
    PATHS,
    Fate,
    Targets,
    ask_everything,
    executable,
    fates,
    read,
    requests,
    running,
    targets,
    wait_until,
    wait_until_logged,
)
from why502.model.requests import Manner, Phase, Request, Side

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from why502.sources.interface import Reading

pytestmark = pytest.mark.skipif(not executable("haproxy"), reason="haproxy is not installed")

JSON = (
    """log-format '{"ts":"%Ts","client_ip":"%ci","client_port":%cp,"backend":"%b","server":"%s","server_ip":"%si","""
    """"server_port":"%sp","TR":%TR,"Tw":%Tw,"Tc":%Tc,"Tr":%Tr,"Ta":%Ta,"status":%ST,"termination_state":"%tsc","""
    """"retries":"%rc","method":"%HM","uri":"%HU","bc_err":"%[bc_err]"}'"""
)

OPTIONS = {
    "httplog": "option httplog",
    "syslog": "option httplog",
    "httpslog": "option httpslog",
    "json": JSON,
    "tcplog": "option tcplog",
}

BACKENDS = """
backend usual
  server t 127.0.0.1:{usual}
backend slow
  timeout server 1s
  server t 127.0.0.1:{usual}
backend refused
  server r 127.0.0.1:{refusing}
backend full
  timeout connect 300ms
  server f 127.0.0.1:{full}
backend nobody
  server n 127.0.0.1:{refusing} disabled
backend retried
  balance first
  option redispatch 1
  server r 127.0.0.1:{refusing} id 1
  server t 127.0.0.1:{usual} id 2
backend tls
  timeout connect 1s
  server s 127.0.0.1:{usual} ssl verify none
backend tcp
  mode tcp
  timeout server 1s
  server t 127.0.0.1:{usual}
"""

SILENT = ("/slow", "/name", "/left")
"""What the target never answers; all else has the time that it needs on a busy machine."""

TIMED_OUT: Fate = (Side.PROXY, Phase.WAIT, Manner.TIMEOUT)
CUT: Fate = (Side.PROXY, Phase.WAIT, Manner.CUT)

EXPECTED: dict[str, Fate] = {
    "/fine": NOT_FAILED,
    "/retried": NOT_FAILED,
    "/too-large": NOT_FAILED,
    "/answers500": ANSWERED,
    "/answers502": ANSWERED,
    "/body-cut": (None, Phase.BODY, Manner.CUT),
    "/refused": (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN),
    "/full": (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
    "/tls": (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
    "/nobody": (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "/malformed": (Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "/closed": CUT,
    "/reset": CUT,
    "/slow": TIMED_OUT,
    "/name": TIMED_OUT,
    "/left": TIMED_OUT,
}


def configuration(ports: dict[str, int], sinks: dict[str, int], servers: Targets) -> str:
    lines = [
        "global",
        "  maxconn 256",
        "defaults",
        "  mode http",
        "  timeout client 20s",
        "  timeout server 20s",
        "  timeout connect 20s",
        "  timeout queue 1s",
        "  retries 1",
    ]
    for name, option in OPTIONS.items():
        form = "rfc3164" if name == "syslog" else "raw"
        lines += [f"frontend {name}", f"  bind 127.0.0.1:{ports[name]}", f"  {option}"]
        lines += [f"  log 127.0.0.1:{sinks[name]} len 8192 format {form} local0"]
        if name == "tcplog":
            lines += ["  mode tcp", "  default_backend tcp"]
            continue
        lines += [f"  use_backend slow if {{ path {' '.join(SILENT)} }}"]
        special = ("refused", "full", "nobody", "retried", "tls")
        lines += [f"  use_backend {path} if {{ path /{path} }}" for path in special]
        lines += ["  default_backend usual"]
    return "\n".join(lines) + BACKENDS.format(**servers._asdict())


@contextmanager
def sink(path: Path) -> Iterator[int]:
    """A syslog server that writes what it hears, until it hears nothing: the empty datagram that comes last."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard, path.open("wb", buffering=0) as log:
        heard.bind(("127.0.0.1", 0))

        def write() -> None:
            while said := heard.recv(1 << 16):
                log.write(said.rstrip(b"\n") + b"\n")

        writing = threading.Thread(target=write)
        writing.start()
        try:
            yield heard.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", heard.getsockname())
            writing.join()


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reading]:
    folder = tmp_path_factory.mktemp("haproxy")
    logs = {name: folder / name for name in OPTIONS}
    ports = {name: free_port() for name in OPTIONS}
    with (
        targets() as servers,
        sink(logs["httplog"]) as a,
        sink(logs["syslog"]) as b,
        sink(logs["httpslog"]) as c,
        sink(logs["json"]) as d,
        sink(logs["tcplog"]) as e,
    ):
        (folder / "cfg").write_text(configuration(ports, dict(zip(OPTIONS, (a, b, c, d, e), strict=True)), servers))
        with running([executable("haproxy") or "", "-db", "-f", str(folder / "cfg")], *ports.values()):
            ask_everything(*ports.values())
            for name in set(OPTIONS) - {"tcplog"}:  # the request whose client left runs into its timeout
                wait_until_logged(logs[name], *PATHS, LEFT)
            wait_until(lambda: logs["tcplog"].read_bytes().count(b"\n") > len(PATHS))
    return read(*logs.values())


@pytest.mark.parametrize("log", ["httplog", "syslog", "httpslog", "json"])
def test_the_termination_state_tells_what_each_target_did(readings: dict[str, Reading], log: str) -> None:
    """With and without a syslog prefix, in the formats of HTTP and as JSON."""
    assert fates(readings[log]) == EXPECTED


@pytest.mark.parametrize("log", OPTIONS)
def test_every_line_of_a_real_haproxy_is_understood(readings: dict[str, Reading], log: str) -> None:
    """Nothing that HAProxy wrote is left over."""
    told = readings[log].input
    assert (told.not_understood, told.records >= len(PATHS)) == (0, True)


def test_sessions_over_tcp_tell_timeouts_and_broken_connections(readings: dict[str, Reading]) -> None:
    """Status 0, for TCP has none; a session that the server kept silent in ran into its timeout."""
    sessions = [fact for fact in readings["tcplog"].facts if isinstance(fact, Request)]
    assert {session.status for session in sessions} == {0}
    manners = {session.manner for session in sessions}
    # Which end HAProxy sees leave first, the client or the target, is a race on a busy machine.
    assert {Manner.TIMEOUT, None} < manners <= {Manner.TIMEOUT, Manner.CUT, Manner.GONE, None}


@pytest.mark.parametrize("log", ["httplog", "json"])
def test_a_redispatch_is_kept_as_a_failed_attempt(readings: dict[str, Reading], log: str) -> None:
    """The client got a 200 from the second server; the first one's failure stands in the attempts."""
    served = requests(readings[log])["/retried"]
    assert [(attempt.phase, attempt.manner) for attempt in served.attempts[:-1]] == [(Phase.CONNECT, Manner.UNKNOWN)]
    assert (served.status, served.connect_s) == (200, None)
