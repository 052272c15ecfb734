"""What application servers write of their own workers: gunicorn, PHP-FPM, uWSGI, Unicorn, Puma.

A line without the shape belongs to the record before it (a traceback, what the application prints). Times without a
zone are read as if they were UTC.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from why502.model.case import KernelEvent, Misread
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.sources.changes.records import MAX_TEXT_CHARACTERS, reading, when
from why502.sources.interface import EvidenceFile, Reader, Reading, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.changes.records import Fact

FIT: Final = 0.6


class Server(Struct, frozen=True):
    """How one server writes."""

    kind: str
    line: re.Pattern[str]
    """With the groups `time` and `text`."""
    time_format: str
    """As `strptime` wants it."""
    says: tuple[tuple[str, re.Pattern[str]], ...]
    """Kind of event -> the words, with the group `pid` or `name` where they have one."""

    own: re.Pattern[str] | None = None
    """What one of the first lines must hold where others write lines of that shape."""

    def told(self, line: str, at: Place) -> tuple[Fact, ...] | Misread | None:
        """None: not a line of this server."""
        found = self.line.fullmatch(line)
        if found is None:
            return None
        at_s = _time(found["time"], self.time_format)
        if at_s is None:
            return Misread(at, "its time is no time")
        events = ((kind, words.search(found["text"])) for kind, words in self.says)
        return tuple(_event(at_s, kind, at, match, self.kind) for kind, match in events if match)[:1]


def _time(text: str, time_format: str) -> float | None:
    """Of a time without a zone as if it were UTC."""
    zoned = text if time_format.endswith(" %z") else f"{text} +0000"
    try:
        return when(datetime.strptime(zoned, f"{time_format.removesuffix(' %z')} %z").timestamp())
    except (ValueError, OverflowError):
        return None


def _event(at_s: float, kind: str, at: Place, found: re.Match[str], server: str) -> KernelEvent:
    groups = found.groupdict()
    pid, name = groups.get("pid"), groups.get("name")
    text = f"{server.removesuffix('-log')}: {found.string[found.start() :]}"
    return KernelEvent(at_s, kind, at, int(pid) if pid else None, name, text[:MAX_TEXT_CHARACTERS])


SERVERS: Final = (
    Server(
        kind="gunicorn-log",
        line=expression(
            r"\[(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\] \[\d{1,9}\] \[[A-Z]{4,8}\] (?P<text>.*)", re.ASCII
        ),
        time_format="%Y-%m-%d %H:%M:%S %z",
        says=(
            # gunicorn/arbiter.py, `murder_workers` and `reap_workers`.
            ("worker-timeout", expression(r"WORKER TIMEOUT \(pid: ?(?P<pid>\d{1,9})\)", re.ASCII)),
            (
                "worker-died",
                expression(
                    r"Worker \(pid: ?(?P<pid>\d{1,9})\) (?:was sent (?!SIGTERM|SIGINT|SIGQUIT)|exited with code [1-9])",
                    re.ASCII,
                ),
            ),
        ),
    ),
    Server(
        kind="php-fpm-log",
        line=expression(
            r"\[(?P<time>\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)(?:\.\d{1,6})?\] "
            r"(?:NOTICE|WARNING|ERROR|ALERT|DEBUG): (?P<text>.*)",
            re.ASCII,
        ),
        time_format="%d-%b-%Y %H:%M:%S",
        says=(
            # sapi/fpm/fpm/fpm_children.c, fpm_process_ctl.c, fpm_request.c of php-src.
            (
                "worker-timeout",
                expression(r"child (?P<pid>\d{1,9}), script .{0,1024} execution timed out \(", re.ASCII),
            ),
            ("worker-died", expression(r"child (?P<pid>\d{1,9}) exited on signal (?!15\b|3\b|2\b)\d", re.ASCII)),
            ("pool-full", expression(r"server reached (?:pm\.)?max_children setting", re.ASCII)),
        ),
    ),
    Server(
        kind="uwsgi-log",
        line=expression(r"(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}) - (?P<text>.*)", re.ASCII),
        time_format="%a %b %d %H:%M:%S %Y",
        says=(
            # core/master.c, core/master_checks.c of unbit/uwsgi.
            (
                "queue-full",
                expression(r"\*\*\* uWSGI listen queue of socket \"(?P<name>[^\"]{1,256})\" .{0,32}full !!!", re.ASCII),
            ),
            ("worker-timeout", expression(r"HARAKIRI ON WORKER \d{1,6} \(pid: (?P<pid>\d{1,9})", re.ASCII)),
            ("worker-died", expression(r"DAMN ! worker \d{1,6} \(pid: (?P<pid>\d{1,9})\) died", re.ASCII)),
        ),
    ),
    Server(
        kind="unicorn-log",
        # The usual shape of Ruby's Logger.
        line=expression(
            r"[DIWEF], \[(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})? #\d{1,9}\] {1,2}[A-Z]{4,5} -- : "
            r"(?P<text>.*)",
            re.ASCII,
        ),
        time_format="%Y-%m-%dT%H:%M:%S",
        own=expression(r" -- : (?:worker=\d{1,6} |reaped #<|master process ready|listening on addr=)", re.ASCII),
        says=(
            # lib/unicorn/http_server.rb, `murder_lazy_workers`; lib/unicorn/configurator.rb, `after_worker_exit`.
            ("worker-timeout", expression(r"worker=\d{1,6} PID:(?P<pid>\d{1,9}) timeout \(", re.ASCII)),
            (
                "worker-died",
                expression(
                    r"reaped #<Process::Status: pid (?P<pid>\d{1,9}) "
                    r"(?:SIG(?!TERM|INT|QUIT)[A-Z0-9]{1,12} \(signal|exit [1-9])",
                    re.ASCII,
                ),
            ),
        ),
    ),
    Server(
        kind="puma-log",
        # Puma tells no time: the one that `docker logs -t` and `kubectl logs --timestamps` put before each line.
        line=expression(
            r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z (?P<text>.*)",
            re.ASCII,
        ),
        time_format="%Y-%m-%dT%H:%M:%S",
        own=expression(r"Z \[\d{1,9}\] (?:Puma starting|- Worker |! |\* Listening on|=== puma)", re.ASCII),
        says=(
            # lib/puma/cluster.rb, `timeout_workers`: one that does not even say it lives, whatever it serves.
            (
                "worker-timeout",
                expression(
                    r"\[\d{1,9}\] ! Terminating timed out worker(?! \(.{0,40}boot)[^:]{0,120}: (?P<pid>\d{1,9})",
                    re.ASCII,
                ),
            ),
        ),
    ),
)


def _reader(server: Server) -> Reader:
    def fit(head: bytes) -> float:
        begun = [line for line in head.decode("utf-8", "replace").splitlines() if line.strip()]
        if server.own is not None and not any(server.own.search(line) for line in begun):
            return 0.0
        own = sum(server.line.fullmatch(line) is not None for line in begun)
        return FIT * own / len(begun) if begun and server.line.fullmatch(begun[0]) else 0.0

    def read(evidence: EvidenceFile) -> Reading:
        return reading(evidence.path, server.kind, _records(server, evidence), Source.EVENTS)

    return Reader(server.kind, fit, read)


def _records(server: Server, evidence: EvidenceFile) -> Iterator[tuple[Fact, ...] | Misread]:
    for number, line in lines(evidence):
        told = server.told(line, Place(evidence.path, number))
        if told is not None:
            yield told


READERS: Final = tuple(_reader(server) for server in SERVERS)
