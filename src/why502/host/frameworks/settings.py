"""Keep-alive as set in a configuration file, for the servers whose file the command line names or everybody knows.

Only the plain case is read: one value in the main file. Where several differ, none is believed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from why502.model.expressions import expression

if TYPE_CHECKING:
    from why502.host.frameworks.interface import Running

MAX_BYTES: Final = 256 << 10


@dataclass(frozen=True, slots=True)
class Given:
    """What a file sets."""

    keepalive_s: float | None = None
    at: str = ""


NGINX: Final = expression(rb"^\s*keepalive_timeout\s+(\d{1,6})(s|m|h)?\b", re.MULTILINE)
"""http://nginx.org/en/docs/syntax.html: seconds where no unit is given."""
APACHE: Final = expression(rb"^\s*KeepAliveTimeout\s+(\d{1,6})()\s*$", re.MULTILINE | re.IGNORECASE)
DROPWIZARD: Final = expression(
    rb"^\s*(?:-\s+)?idleTimeout:\s*[\"']?(\d{1,6})\s*(ms|milliseconds?|s|seconds?|m|minutes?|h|hours?)\b", re.MULTILINE
)
UNITS_S: Final = {b"": 1.0, b"ms": 0.001, b"mi": 60.0, b"s": 1.0, b"se": 1.0, b"m": 60.0, b"h": 3600.0, b"ho": 3600.0}

NAMES: Final = {
    "nginx": (NGINX, "-c", "/etc/nginx/nginx.conf"),
    "apache-httpd": (APACHE, "-f", "/etc/apache2/apache2.conf"),
}


def set_in_files(software: str, running: Running) -> Given:
    """What the configuration file of this server says; nothing if it says nothing, or cannot be read."""
    if software in NAMES:
        pattern, option, usual = NAMES[software]
        return _read(running, pattern, _after(option, running.arguments) or (usual if _usual(running) else ""))
    if software == "dropwizard-jetty":
        return _read(running, DROPWIZARD, _after("server", running.arguments))
    return Given()


def _usual(running: Running) -> bool:
    """Whether it is the distribution's build, which has its file at the usual place, and not a worker: its title
    does not tell which file the master was given.
    """
    return running.executable.startswith("/usr/sbin/") and "worker" not in " ".join(running.arguments[:1])


def _after(option: str, arguments: tuple[str, ...]) -> str:
    """Nginx writes its whole command line into the title of its master, in one word."""
    words = [word for argument in arguments for word in argument.split()]
    return next((words[i + 1] for i, word in enumerate(words[:-1]) if word == option), "")


def _read(running: Running, pattern: re.Pattern[bytes], path: str) -> Given:
    if not path:
        return Given()
    at = path if path.startswith("/") else f"{running.folder}/{path}"
    values = {_seconds(m[1], m[2] or b"") for m in pattern.finditer(running.files.read(at, MAX_BYTES))}
    return Given(values.pop(), at) if len(values) == 1 else Given()


def _seconds(number: bytes, unit: bytes) -> float:
    """In whole units.

    >>> _seconds(b"5", b"minutes"), _seconds(b"250", b"milliseconds"), _seconds(b"65", b"")
    (300.0, 0.25, 65.0)
    """
    short = {b"milliseconds": b"ms", b"millisecond": b"ms"}.get(unit, unit[:2] if len(unit) > 1 else unit)
    return int(number) * UNITS_S[short]
