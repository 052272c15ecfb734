"""Dropwizard's `config.yml` and Spring Boot's `application.yml` or `.properties` given as evidence.

Names and units: Dropwizard, Configuration Reference (HTTP connector; `io.dropwizard.util.Duration`); Spring Boot,
Common Application Properties (server), whose lengths of time without a unit are milliseconds, and whose names may be
written `accept-count`, `acceptCount` or `accept_count`. What stands in `${...}` is told elsewhere.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.facts.server_options import number
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.model.settings import Limit, TargetSetting
from why502.sources.configurations.keys import Key, keys
from why502.sources.configurations.targets.told import reading
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KIND: Final = "java-server-configuration"
MAX_KEYS: Final = 100_000

DROPWIZARD: Final = "Dropwizard"
SPRING: Final = "Spring Boot"

UNITS_S: Final = {
    "ns": 1e-9, "nanosecond": 1e-9, "us": 1e-6, "microsecond": 1e-6, "ms": 1e-3, "millisecond": 1e-3, "s": 1.0,
    "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86_400.0, "day": 86_400.0,
}  # fmt: skip
_LENGTH = expression(r"(\d{1,9})\s*([a-z]{0,12})", re.IGNORECASE)
_ISO = expression(r"PT(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6}(?:\.\d{1,6})?)S)?", re.IGNORECASE)
_PROPERTY = expression(r"\s*(server\.[\w.\[\]-]{1,200})\s*[=:\s]\s*(\S.{0,200}?)\s*", re.ASCII)


class Row(NamedTuple):
    """What a key sets."""

    server: str
    limit: Limit


_CONNECTORS: Final = (("server", "applicationconnectors"), ("server", "connector"))
ROWS: Final[dict[tuple[str, ...], Row]] = {
    **{(*each, "acceptqueuesize"): Row(DROPWIZARD, Limit.BACKLOG) for each in _CONNECTORS},
    **{(*each, "idletimeout"): Row(DROPWIZARD, Limit.KEEPALIVE) for each in _CONNECTORS},
    ("server", "tomcat", "acceptcount"): Row(SPRING, Limit.BACKLOG),
    ("server", "tomcat", "threads", "max"): Row(SPRING, Limit.WORKERS),
    ("server", "tomcat", "maxthreads"): Row(SPRING, Limit.WORKERS),
    ("server", "tomcat", "keepalivetimeout"): Row(SPRING, Limit.KEEPALIVE),
    ("server", "tomcat", "connectiontimeout"): Row(SPRING, Limit.KEEPALIVE),
    ("server", "jetty", "connectionidletimeout"): Row(SPRING, Limit.KEEPALIVE),
    ("server", "undertow", "norequesttimeout"): Row(SPRING, Limit.KEEPALIVE),
    ("server", "undertow", "threads", "worker"): Row(SPRING, Limit.WORKERS),
    ("server", "netty", "idletimeout"): Row(SPRING, Limit.KEEPALIVE),
}
"""Only what limits requests: a Jetty of Dropwizard or Spring has threads that accept and select among `maxThreads`."""
FALLBACKS: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("server", "tomcat", "connectiontimeout"): ("server", "tomcat", "keepalivetimeout")
}
"""Counts only where the other is not set (`AbstractEndpoint.getKeepAliveTimeout`)."""


def settings(found: Iterable[Key], path: str, at: Place | None = None) -> Iterator[TargetSetting]:
    """Of each key of the table; the port is that of the same connector. `at`: where keys stand that have no line."""
    known = [(bare(_names(key)), key) for key in found]
    ports = {key.path[:-1]: key.value for name, key in known if name[-1:] == ("port",)}
    said = {name for name, _ in known}
    for name, key in known:
        row = ROWS.get(name)
        if row is None or FALLBACKS.get(name) in said:
            continue
        value = number(key.value) if row.limit in (Limit.BACKLOG, Limit.WORKERS) else length_s(key.value, row.server)
        port = ports.get(key.path[:-1] if row.server == DROPWIZARD else key.path[:1], "")
        if value:
            address = port if re.fullmatch(r"\d{1,5}", port, re.ASCII) else ""
            place = at or Place(path, key.line)
            yield TargetSetting(row.server, ".".join(_names(key)), row.limit, value, place, address)


def _names(key: Key) -> tuple[str, ...]:
    return tuple(part for part in key.path if not part.startswith("#"))


def bare(names: Iterable[str]) -> tuple[str, ...]:
    """However its words are put together: 'accept-count', 'acceptCount', 'accept_count'."""
    return tuple(part.replace("_", "").replace("-", "").lower() for part in names)


def bare_of_variable(name: str) -> tuple[str, ...]:
    """SERVER_TOMCAT_ACCEPTCOUNT, or the older SERVER_TOMCAT_ACCEPT_COUNT (Spring Boot, "Relaxed Binding").

    >>> bare_of_variable("SERVER_TOMCAT_ACCEPT_COUNT"), bare_of_variable("SERVER_PORT")
    (('server', 'tomcat', 'acceptcount'), ('server', 'port'))
    """
    joined = name.replace("_", "").lower()
    return next((row for row in (*ROWS, ("server", "port")) if "".join(row) == joined), (name,))


def length_s(text: str, server: str) -> float | None:
    """As the server reads it; of Dropwizard's each has a unit.

    >>> length_s("30 seconds", DROPWIZARD), length_s("5000", SPRING), length_s("20s", SPRING), length_s("PT1M", SPRING)
    (30.0, 5.0, 20.0, 60.0)
    >>> length_s("30", DROPWIZARD), length_s("${IDLE:20s}", SPRING)
    (None, None)
    """
    if (plain := _LENGTH.fullmatch(text)) is not None:
        unit = plain[2].lower()
        unit = unit.removesuffix("s") if len(unit) > 2 else unit
        factor_s = UNITS_S.get(unit) if unit else (1e-3 if server == SPRING else None)
        return None if factor_s is None else int(plain[1]) * factor_s
    if len(text) > 2 and (iso := _ISO.fullmatch(text)) is not None:
        return float(iso[1] or 0) * 3600 + float(iso[2] or 0) * 60 + float(iso[3] or 0)
    return None


def properties(text: str) -> Iterator[Key]:
    """`server.port=8080`, as keys; '#' and '!' begin comments (java.util.Properties)."""
    for number_, line in enumerate(text.splitlines(), 1):
        if found := _PROPERTY.fullmatch(line):
            yield Key(tuple(part.partition("[")[0] for part in found[1].split(".")), found[2], number_)


def _keys(text: str) -> Iterator[Key]:
    return properties(text) if next(properties(text), None) is not None else islice(keys(text), MAX_KEYS)


def _read(evidence: EvidenceFile) -> Reading:
    found = tuple(settings(_keys(content(evidence)), evidence.path))
    kind = f"{found[0].server.lower().replace(' ', '-')}-configuration" if found else KIND
    return reading(evidence, kind, found)


def fit(head: bytes) -> float:
    """A key of the table: what has none gives nothing to read here."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    if "server" not in text or not (":" in text or "=" in text):
        return 0.0
    return 0.75 if next(settings(_keys(text), ""), None) is not None else 0.0


READER = Reader(KIND, fit, _read)
