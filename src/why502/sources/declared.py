"""What configurations among the evidence, and the user, say about the logs, found before the logs are read.

nginx's `log_format` becomes a reader of its own, and so does a '#Fields:' line of CloudFront or IIS with an order of
its own; HAProxy's server lines turn the names in its logs into addresses.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import structs

from why502.errors import Why502Error
from why502.formats import all_formats, cloudfront_fields, iis_fields
from why502.formats.interface import LogFormat
from why502.formats.nginx_log_format import compiled
from why502.model.requests import Request
from why502.sources import haproxy_conf, nginx_conf
from why502.sources.buckets import is_bucket
from why502.sources.logs import reader
from why502.sources.opening import STANDARD_INPUT, Found, find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.evidence import Place
    from why502.sources.interface import Reader

MAX_SERVERS = 100_000
MAX_FIELD_LISTS = 16
"""Each is asked about every file."""
HEAD_LINES_BYTES = 8192


@dataclass(slots=True)
class Declared:
    """What was found."""

    log_formats: dict[str, LogFormat] = field(default_factory=dict)
    """By their text: the same format in two files is one."""
    servers: dict[str, str] = field(default_factory=dict)
    """'backend/server' -> 'address:port'"""

    def readers(self) -> tuple[Reader, ...]:
        """Readers that know better than the usual ones; the first that fits best is taken."""
        own = [reader(each) for each in self.log_formats.values()]
        named = [
            reader(_knowing(each, self.servers)) for each in all_formats() if self.servers and each.family == "haproxy"
        ]
        return (*own, *named)


def declared(paths: Sequence[str], log_format: str | None = None) -> Declared:
    """Looks through all that is named for configurations; each file is opened, and only its beginning read."""
    found = Declared()
    if log_format is not None:
        found.log_formats[log_format] = compiled(log_format)
    for path in paths:
        if path == STANDARD_INPUT or is_bucket(path):
            continue  # can be read only once, or costs a download
        for finding in find(path):
            if isinstance(finding, Found):
                _take(found, finding)
    return found


def _take(found: Declared, finding: Found) -> None:
    try:
        if nginx_conf.fit(finding.head):
            formats = nginx_conf.log_formats(nginx_conf.content(finding.file))
            for name, text in islice(formats, nginx_conf.MAX_FORMATS):
                _compile(found, name, text)
        elif haproxy_conf.fit(finding.head):
            addresses = haproxy_conf.servers(nginx_conf.content(finding.file))
            found.servers.update(islice(addresses, MAX_SERVERS))
        else:
            _take_fields(found, finding.head)
    except OSError:
        return  # said when it is read as evidence


def _take_fields(found: Declared, head: bytes) -> None:
    """The '#Fields:' line, the second of CloudFront's logs and the fourth of IIS's."""
    for line in head[:HEAD_LINES_BYTES].decode("utf-8", "replace").splitlines()[:8]:
        if len(found.log_formats) >= MAX_FIELD_LISTS:
            return
        text = line.strip().removeprefix("\ufeff")
        log_format = cloudfront_fields.by_fields(text) or iis_fields.by_fields(text)
        if log_format is not None:
            found.log_formats.setdefault(text, log_format)


def _compile(found: Declared, name: str, text: str) -> None:
    try:
        found.log_formats.setdefault(text, compiled(text, name))
    except Why502Error:
        return  # counted by the reader of configurations


def _knowing(log_format: LogFormat, servers: dict[str, str]) -> LogFormat:
    """The format, with addresses in place of names."""

    def parse(line: str, at: Place) -> Request | None | str:
        read = log_format.parse(line, at)
        if isinstance(read, Request) and read.target is None and (address := servers.get(read.group or "")):
            attempts = tuple(
                structs.replace(attempt, target=address) if attempt.status is not None else attempt
                for attempt in read.attempts
            )
            return structs.replace(read, target=address, attempts=attempts)
        return read

    return replace(log_format, parse=parse, addresses=servers)
