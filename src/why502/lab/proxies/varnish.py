"""The real Varnish, as Debian packages it, in a folder of its own. Nothing is cached."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from why502.errors import Why502Error
from why502.lab import last_word
from why502.lab.last_word import LAST_WORD
from why502.lab.proxies.interface import LISTEN, Proxy, Setup
from why502.lab.waiting import START_LIMIT_S, until_listening

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

BACKEND = """\
backend {name} {{
    .host = "{host}"; .port = "{port}";
    .connect_timeout = {connect_s:.3f}s; .first_byte_timeout = {read_s:.3f}s; .between_bytes_timeout = {read_s:.3f}s;
}}
"""
VCL = """\
vcl 4.1;
import directors;
{backends}
sub vcl_init {{
    new api = directors.round_robin();
    {members}
}}
sub vcl_recv {{
    if (req.url == "{last_word}") {{ return (synth(404)); }}
    set req.backend_hint = api.backend();
    return (pass);
}}
"""
LOG = "varnish.log"


class Varnish:
    """A running Varnish; it knows nothing of registration."""

    def deregister(self) -> None:
        """Nothing to tell: without probes an idle Varnish sends nothing to its target."""

    def register(self) -> None:
        """See `deregister`."""


def program() -> str:
    """Where Varnish is; Why502Error if it is not."""
    found = shutil.which("varnishd") or shutil.which("varnishd", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Why502Error("Varnish is not installed", hint="apt-get install --no-install-recommends varnish")
    return found


def _configuration(setup: Setup) -> str:
    times_s = {
        "connect_s": setup.settings.connect_timeout_s * setup.time_scale,
        "read_s": setup.settings.read_timeout_s * setup.time_scale,
    }
    backends, members = [], []
    for number, target in enumerate(setup.targets):
        host, _, port = target.rpartition(":")
        backends.append(BACKEND.format(name=f"target{number}", host=host, port=port, **times_s))
        members.append(f"api.add_backend(target{number});")
    return VCL.format(backends="".join(backends), members=" ".join(members), last_word=LAST_WORD)


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[Varnish]:
    place = setup.folder / "varnish"
    configuration = setup.folder / "api.vcl"
    configuration.write_text(_configuration(setup))
    start_log, writer_log = setup.folder / "start.log", setup.folder / "varnishlog.log"
    idle_s = max(1, round(setup.settings.idle_timeout_s * setup.time_scale))
    daemon = [program(), "-F", "-j", "none", "-n", str(place), "-f", str(configuration), "-a", LISTEN]
    daemon += ["-s", "malloc,16m", "-p", f"backend_idle_timeout={idle_s}"]
    writer = ("varnishlog", "-n", str(place), "-A", "-g", "request", "-w", str(setup.folder / LOG))
    with setup.host.running(*daemon, log=start_log) as process:
        until_listening(setup.host, LISTEN, process, start_log)
        with setup.host.running(*writer, log=writer_log) as reader:
            _until_attached(reader, place)
            yield Varnish()
            last_word.until_written(setup.host, setup.folder / LOG)


def _reads(process: subprocess.Popen[str], place: Path) -> bool:
    """Whether it has the daemon's shared log in its memory."""
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    return any(str(place) in line and "_.vsm_child" in line for line in maps.splitlines())


def _until_attached(process: subprocess.Popen[str], place: Path) -> None:
    until_s = time.monotonic() + START_LIMIT_S
    while not _reads(process, place):
        if process.poll() is not None or time.monotonic() > until_s:
            raise Why502Error("varnishlog did not start")
        time.sleep(0.02)


def evidence(setup: Setup) -> dict[str, Path]:
    """Its shared-memory log as text, which tells of requests and why they failed; without our own last request."""
    log, written = setup.folder / "access.log", setup.folder / LOG
    groups = written.read_text().split("\n\n")
    log.write_text("\n\n".join(group for group in groups if LAST_WORD not in group))
    return {"access.log": log}


PROXY = Proxy("varnish", running, evidence, program)
