"""The emulated AWS Application Load Balancer (`why502.lab.alb`)."""

from __future__ import annotations

import contextlib
import gzip
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from why502.lab.alb import Settings
from why502.lab.alb_records import COUNTS, Count, log_file_name
from why502.lab.hosts import PYTHON
from why502.lab.proxies.interface import LISTEN, Metrics, Proxy, Setup
from why502.lab.waiting import until_listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Alb:
    """A running load balancer node."""

    process: subprocess.Popen[str]

    def deregister(self) -> None:
        self.process.send_signal(signal.SIGUSR1)

    def register(self) -> None:
        self.process.send_signal(signal.SIGUSR2)


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[Alb]:
    settings = Settings(
        listen=LISTEN,
        target=setup.target,
        others=setup.others,
        node_address=setup.host.address,
        log=str(setup.folder / "access.log"),
        counts=str(setup.folder / "counts.json"),
        time_scale=setup.time_scale,
        connect_timeout_s=setup.settings.connect_timeout_s,
        idle_timeout_s=min(setup.settings.read_timeout_s, setup.settings.idle_timeout_s),
    )
    written = setup.folder / "alb.json"
    written.write_bytes(msgspec.json.encode(settings))
    output = setup.folder / "alb.log"
    command = (PYTHON, "-m", "why502.lab.alb", str(written))
    with setup.host.running(*command, log=output) as process:
        until_listening(setup.host, LISTEN, process, output)
        yield Alb(process)


def evidence(setup: Setup) -> dict[str, Path]:
    """The log, gzipped under the name of its S3 object."""
    packed = setup.folder / "access.log.gz"
    with packed.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as stream:
        stream.write((setup.folder / "access.log").read_bytes())
    return {log_file_name(time.time(), setup.host.address): packed}


def counts(setup: Setup) -> list[Count]:
    return COUNTS.decode((setup.folder / "counts.json").read_bytes())


PROXY = Proxy("alb", running, evidence, metrics=Metrics(counts, period_s=60.0))
