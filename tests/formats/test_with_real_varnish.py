from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.formats.misbehaving import ask, free_port
from tests.formats.proxying import (
    ANSWERED,
    ASKED,
    NOT_FAILED,
    UNTOLD,
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
from why502.facts.timers import set_for
from why502.model.requests import Manner, Phase, Side
from why502.model.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from why502.sources.interface import Reading

pytestmark = pytest.mark.skipif(not executable("varnishd"), reason="varnish is not installed")

PATIENT = ".connect_timeout = 1s; .first_byte_timeout = 20s; .between_bytes_timeout = 20s;"
HASTY = ".connect_timeout = 1s; .first_byte_timeout = 1s; .between_bytes_timeout = 1s;"
BACKEND = 'backend {name} {{ .host = "127.0.0.1"; .port = "{port}"; {timeouts} {more} }}\n'
SICK = '.probe = { .url = "/"; .interval = 1s; .initial = 0; .threshold = 8; }'
RECEIVE = """sub vcl_recv {
  if (req.url ~ "^/attached") { return (synth(204)); }
  if (req.url ~ "^/(slow|name|tls|left)") { set req.backend_hint = silent; }
  if (req.url ~ "^/refused") { set req.backend_hint = refused; }
  if (req.url ~ "^/full") { set req.backend_hint = full; }
  if (req.url ~ "^/nobody") { set req.backend_hint = nobody; }
  return (pass);
}"""

LOG: dict[str, Fate] = {
    "/fine": NOT_FAILED,
    "/retried": NOT_FAILED,
    "/answers500": ANSWERED,
    "/answers502": ANSWERED,
    "/refused": (Side.PROXY, Phase.CONNECT, Manner.REFUSED),
    "/full": (Side.PROXY, Phase.CONNECT, Manner.TIMEOUT),
    "/nobody": (Side.PROXY, Phase.NO_TARGET, Manner.UNKNOWN),
    "/closed": (Side.PROXY, Phase.WAIT, Manner.CUT),
    "/reset": (Side.PROXY, Phase.WAIT, Manner.CUT),
    "/malformed": (Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "/too-large": (Side.PROXY, Phase.WAIT, Manner.MALFORMED),  # 7.1 says "http format error" for one long header
    "/body-cut": (Side.PROXY, Phase.BODY, Manner.CUT),
} | dict.fromkeys(("/slow", "/name", "/tls", "/left"), (Side.PROXY, Phase.WAIT, Manner.TIMEOUT))


BOTH_SIDES = tuple(f"{side:<14} {url}" for url in ASKED for side in ("ReqURL", "BereqURL"))
"""As varnishlog writes them, of the client's transaction and of the one with the target."""


def configuration(servers: Targets) -> str:
    ports = {"usual": servers.usual, "refused": servers.refusing, "full": servers.full, "nobody": servers.refusing}
    ports["silent"] = servers.usual
    backends = (
        BACKEND.format(
            name=name, port=port, timeouts=HASTY if name == "silent" else PATIENT, more=SICK if name == "nobody" else ""
        )
        for name, port in ports.items()
    )
    return "vcl 4.1;\n" + "".join(backends) + RECEIVE


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reading]:
    folder = tmp_path_factory.mktemp("varnish")
    port, place = free_port(), str(folder / "n")
    daemon = [executable("varnishd") or "", "-F", "-j", "none", "-n", place, "-f", str(folder / "vcl")]
    daemon += ["-a", f"127.0.0.1:{port}", "-s", "malloc,16m", "-p", "http_resp_size=4k", "-p", "http_resp_hdr_len=2k"]
    writers = (
        ["varnishncsa", "-n", place, "-w", str(folder / "ncsa.log")],
        ["varnishlog", "-n", place, "-A", "-g", "request", "-w", str(folder / "request.log")],
        ["varnishlog", "-n", place, "-A", "-g", "vxid", "-w", str(folder / "vxid.log")],
    )
    with targets() as servers:
        (folder / "vcl").write_text(configuration(servers))
        with running(daemon, port), ExitStack() as writing:
            for command in writers:
                writing.enter_context(running(command))
            logs = [folder / name for name in ("ncsa.log", "request.log", "vxid.log")]
            wait_until(lambda: attached(port, logs))
            ask_everything(port)
            for log, words in zip(logs, (ASKED, BOTH_SIDES, BOTH_SIDES), strict=True):
                wait_until_logged(log, *words)  # the request whose client left runs into its timeout
    return read(*logs, folder / "vcl")


def attached(port: int, logs: Sequence[Path]) -> bool:
    """Whether the writers see the shared memory: what Varnish answers itself comes to their files."""
    ask(port, "/attached")
    return all(log.exists() and "/attached" in log.read_text() for log in logs)


@pytest.mark.parametrize("log", ["request.log", "vxid.log"])
def test_the_shared_memory_log_tells_what_each_target_did(readings: dict[str, Reading], log: str) -> None:
    """Grouped by request or one transaction after the other: FetchError says why, whatever the status says."""
    told = fates(readings[log])
    assert told.pop("/refused") in (LOG["/refused"], (Side.PROXY, Phase.CONNECT, Manner.UNKNOWN))  # hold-down
    assert told.pop("/body-cut")[1:] == LOG["/body-cut"][1:]  # a 503 or a short 200, whichever was faster
    assert told == {path: fate for path, fate in LOG.items() if path not in ("/refused", "/body-cut")}


@pytest.mark.parametrize(
    ("path", "name", "length_s"), [("/slow", "first_byte_timeout", 1.0), ("/full", "connect_timeout", 1.0)]
)
def test_the_configured_timer_of_the_backend_is_the_one_that_ran_out(
    readings: dict[str, Reading], path: str, name: str, length_s: float
) -> None:
    """What varnishlog says of a silent target and of a full accept queue, held against the VCL."""
    timers = [fact for fact in readings["vcl"].facts if isinstance(fact, Setting)]
    failed = requests(readings["request.log"])[path]
    assert failed.manner is not None
    due = list(set_for(timers, "varnish", failed.phase, failed.manner, failed.group))
    assert {(timer.name, timer.seconds) for timer in due if timer.name == name} == {(name, length_s)}


def test_the_access_log_tells_the_targets_own_errors(readings: dict[str, Reading]) -> None:
    """All that Varnish makes of a failure is 503; why is not told."""
    told = fates(readings["ncsa.log"])
    assert (told["/answers500"], told["/answers502"], told["/slow"]) == (ANSWERED, ANSWERED, UNTOLD)


@pytest.mark.parametrize("log", ["ncsa.log", "request.log", "vxid.log"])
def test_every_line_of_a_real_varnish_is_understood(readings: dict[str, Reading], log: str) -> None:
    """Nothing that Varnish wrote is left over."""
    assert readings[log].input.not_understood == 0
