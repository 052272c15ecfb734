from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from tests.formats.misbehaving import free_port
from tests.formats.proxying import Fate, Targets, ask_everything, executable, read, running, targets
from why502.facts.error_log import join
from why502.model.requests import Manner, Phase, Request, Side

if TYPE_CHECKING:
    from pathlib import Path

    from why502.sources.interface import Reading

pytestmark = pytest.mark.skipif(not executable("caddy"), reason="caddy is not installed")

TRANSPORT = (
    "transport http {{\n dial_timeout {dial}\n response_header_timeout {wait}\n max_response_header 2KB\n {more}\n}}"
)
"""Only what never comes has a short timeout: on a busy machine all else takes the time that it takes."""

CONFIGURATION = """
{{
  admin off
  auto_https off
  log {{
    output file {folder}/caddy.log
    format json
  }}
  storage file_system {folder}/store
}}
http://127.0.0.1:{port}, http://x:{port} {{
  log {{
    output file {folder}/access.log
  }}
  handle /nobody* {{
    reverse_proxy
  }}
  {handlers}
}}
"""

JOINED: dict[str, Fate] = {
    "/refused": (Side.PROXY, Phase.CONNECT, Manner.REFUSED),
    "/full": (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
    "/name": (Side.PROXY, Phase.NO_TARGET, Manner.UNRESOLVED),
    "/nobody": (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "/tls": (Side.PROXY, Phase.TLS, Manner.TIMEOUT),
    "/closed": (Side.PROXY, Phase.WAIT, Manner.CLOSED),
    "/reset": (Side.PROXY, Phase.WAIT, Manner.RESET),
    "/malformed": (Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "/too-large": (Side.PROXY, Phase.WAIT, Manner.TOO_LARGE),
    "/slow": (Side.PROXY, Phase.WAIT, Manner.TIMEOUT),
    "/fine": (None, Phase.UNKNOWN, None),
    "/retried": (None, Phase.UNKNOWN, None),
    "/body-cut": (None, Phase.UNKNOWN, None),
    "/answers500": (None, Phase.UNKNOWN, Manner.UNKNOWN),
    "/answers502": (None, Phase.UNKNOWN, Manner.UNKNOWN),
}


def configuration(folder: Path, port: int, servers: Targets) -> str:
    routes = {
        "/refused*": f"http://127.0.0.1:{servers.refusing}",
        "/full*": f"http://127.0.0.1:{servers.full}",
        "/name*": "http://orders.invalid:80",
        "/tls*": f"https://127.0.0.1:{servers.usual}",
        "/slow*": f"http://127.0.0.1:{servers.usual}",
        "": f"http://127.0.0.1:{servers.usual}",
    }
    handlers = "\n".join(
        f"handle {path} {{\n reverse_proxy {upstream} {{\n"
        + TRANSPORT.format(
            dial="1s" if path == "/full*" else "20s",
            wait="1s" if path == "/slow*" else "20s",
            more="tls_timeout 1s\n tls_insecure_skip_verify" if "https" in upstream else "",
        )
        + "\n}\n}"
        for path, upstream in routes.items()
    )
    return CONFIGURATION.format(folder=folder, port=port, handlers=handlers)


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reading]:
    folder = tmp_path_factory.mktemp("caddy")
    port = free_port()
    with targets() as servers, mock.patch.dict(os.environ, {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}):
        (folder / "cfg").write_text(configuration(folder, port, servers))
        command = [executable("caddy") or "", "run", "--adapter", "caddyfile", "--config", str(folder / "cfg")]
        with running(command, port):
            ask_everything(port)
    return read(folder / "access.log", folder / "caddy.log")


def test_both_logs_together_tell_what_each_target_did(readings: dict[str, Reading]) -> None:
    """Access entries tell who failed, error entries why, in Go's words; client address and port pair them."""
    facts = [fact for reading in readings.values() for fact in reading.facts if isinstance(fact, Request)]
    joined, hidden = join([f for f in facts if f.status is not None], [f for f in facts if f.status is None])
    told = {each.path or "": (each.side, each.phase, each.manner) for each in joined}
    assert told.pop("/left")[::2] == (Side.CLIENT, Manner.GONE)
    assert told == JOINED
    assert [(each.phase, each.manner) for each in hidden if each.path is None] == [(Phase.BODY, Manner.CLOSED)]


@pytest.mark.parametrize(("log", "kind"), [("access.log", "caddy-access-log"), ("caddy.log", "caddy-error-log")])
def test_every_line_of_a_real_caddy_is_understood(readings: dict[str, Reading], log: str, kind: str) -> None:
    """Nothing that Caddy wrote is left over."""
    assert (readings[log].input.kind, readings[log].input.not_understood) == (kind, 0)
