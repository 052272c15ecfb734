"""Servers that people run, as targets: Node.js, Go, gunicorn, uvicorn, Jetty. `make servers` builds them.

Each closes idle connections by a timeout of its own: Node.js and uvicorn after 5 s, gunicorn's threads after 2 s,
Jetty after 30 s, Go only if it is told to. Here that timeout is set shorter, so that a run lasts seconds. Who closes,
how, and what is sent when a request comes just then is the server's own doing. What a machine lacks is told, not passed
over.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from why502.lab.target import PORT, TargetSetup

BUILT: Final = "WHY502_SERVERS"
"""The folder of the built servers; by default where `make servers` puts them."""
WHOLE_S: Final = 1.0
"""gunicorn and uvicorn count in whole seconds."""
SHORT_S: Final = 0.6
NODE_LATE_S: Final = 1.0
"""So much later than it is told Node.js closes (measured with 20.20; what it announces is the shorter time)."""
NEVER_S: Final = 3600.0

Command = Callable[[Path, str, float], tuple[str, ...]]
"""(built servers, address, idle timeout in seconds) -> command line."""


@dataclass(frozen=True, slots=True)
class RealServer:
    """One of them."""

    name: str
    idle_s: float
    """The idle timeout that it is given."""
    needs: Callable[[Path], Path | str | None]
    """(built servers) -> what is missing on this machine, in words; None: nothing."""
    command: Command

    @property
    def missing(self) -> str | None:
        """Why it cannot be run here, in words."""
        lacking = self.needs(built())
        return f"not run: no {lacking}" if lacking else None

    def setup(self, idle_s: float) -> TargetSetup:
        return TargetSetup(self.name, program=partial(self._words, idle_s))

    def _words(self, idle_s: float, address: str) -> tuple[str, ...]:
        return self.command(built(), address, idle_s)


def built() -> Path:
    return Path(os.environ.get(BUILT) or Path(sys.prefix) / "servers")


def _lacks(*names: str, program: str | None = None) -> Callable[[Path], str | None]:
    def lacking(folder: Path) -> str | None:
        if program and shutil.which(program) is None:
            return program
        return next((f"{name} (make servers)" for name in names if not (folder / name).exists()), None)

    return lacking


def _ms(seconds: float) -> str:
    return str(round(1000 * seconds))


def _node(folder: Path, address: str, idle_s: float) -> tuple[str, ...]:
    return ("node", str(folder / "scripts/server.js"), str(PORT), address, _ms(idle_s - NODE_LATE_S))


def _go(folder: Path, address: str, idle_s: float) -> tuple[str, ...]:
    return (str(folder / "go-api"), f"{address}:{PORT}", _ms(idle_s))


def _gunicorn(folder: Path, address: str, idle_s: float) -> tuple[str, ...]:
    own = ("--worker-class", "gthread", "--threads", "32", "--keep-alive", str(round(idle_s)))
    return (
        str(folder / "python/bin/gunicorn"),
        *(*own, "--bind", f"{address}:{PORT}", "--chdir", str(folder / "scripts"), "application:wsgi"),
    )


def _uvicorn(folder: Path, address: str, idle_s: float) -> tuple[str, ...]:
    place = ("--host", address, "--port", str(PORT), "--app-dir", str(folder / "scripts"))
    return (
        str(folder / "python/bin/uvicorn"),
        *(*place, "--timeout-keep-alive", str(round(idle_s)), "--no-access-log", "application:asgi"),
    )


def _jetty(folder: Path, _address: str, idle_s: float) -> tuple[str, ...]:
    return ("java", "-Xmx64m", "-cp", str(folder / "jetty/*"), "demo.Plain", str(PORT), _ms(idle_s))


AFFECTED, FIXED = "1.3.5", "1.3.7"
"""Dropwizard before and after it read more than the first digit of `somaxconn` (dropwizard issue 2429)."""


def _dropwizard(version: str, folder: Path, _address: str, _idle_s: float) -> tuple[str, ...]:
    """It listens on port 8080 of every address, and knows /ping."""
    return ("java", "-Xmx96m", "-jar", str(folder / f"api-{version}.jar"), "server")


DROPWIZARD, DROPWIZARD_FIXED = (
    RealServer(
        "dropwizard",
        30.0,
        _lacks(f"api-{AFFECTED}.jar", f"api-{FIXED}.jar", program="java"),
        partial(_dropwizard, version),
    )
    for version in (AFFECTED, FIXED)
)

REAL_SERVERS: Final = {
    server.name: server
    for server in (
        RealServer("node", SHORT_S + NODE_LATE_S, _lacks("scripts/server.js", program="node"), _node),
        RealServer("go", SHORT_S, _lacks("go-api"), _go),
        RealServer("gunicorn", WHOLE_S, _lacks("python/ready", "scripts/application.py"), _gunicorn),
        RealServer("uvicorn", WHOLE_S, _lacks("python/ready", "scripts/application.py"), _uvicorn),
        RealServer("jetty", SHORT_S, _lacks("jetty/jetty.jar", program="java"), _jetty),
    )
}
