"""What the options of a server mean for its limits: of its command line, or of a configuration that names them alike.

Only plain values count: what is computed is not believed to be anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.model.settings import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LATE_S: Final = 2.0
"""gunicorn's arbiter and uWSGI's master look at their workers once a second (`Arbiter.run`, `uwsgi_master_check_...`),
Unicorn's sleeps up to a second more."""
SYNC: Final = frozenset({"sync", "gunicorn.workers.sync.SyncWorker"})
UWSGI: Final = "uWSGI"
UWSGI_SOCKETS: Final = ("http-socket", "http", "socket", "uwsgi-socket", "fastcgi-socket")
THREADED: Final = frozenset({"gthread", "gunicorn.workers.gthread.ThreadWorker"})


class Option(NamedTuple):
    """One limit that options set."""

    server: str
    name: str
    limit: Limit
    value: float
    address: str = ""
    late_s: float = 0.0


def gunicorn(told: Mapping[str, str]) -> Iterator[Option]:
    """By gunicorn's own names, whose values are plain (gunicorn/config.py, docs/source/settings.rst).

    Only sync workers, the default, are killed for the length of a request; they close after each answer, and so lose
    no race. Threads change the default to gthread (`Config.worker_class`). A class that is not told here may be told
    elsewhere: then nothing is said of idle connections, the rest as if it were the default; and nothing of that either
    if a file is named that may tell it.
    """
    address = listens_at(told.get("bind", ""))
    threads, workers = number(told.get("threads", "")), number(told.get("workers", ""))
    worker_class = told.get("worker_class", "gthread" if threads is not None and threads > 1 else "")
    sync = worker_class in SYNC or (not worker_class and "config" not in told)
    keepalive_s, backlog = number(told.get("keepalive", "")), number(told.get("backlog", ""))
    if worker_class in SYNC:
        yield Option("gunicorn", f"worker_class {worker_class}", Limit.KEEPALIVE, 0.0, address)
    elif keepalive_s is not None and worker_class:
        yield Option("gunicorn", "keepalive", Limit.KEEPALIVE, keepalive_s, address)
    if backlog:
        yield Option("gunicorn", "backlog", Limit.BACKLOG, backlog, address)
    if workers and (sync or worker_class in THREADED) and (sync or threads):
        at_once = workers * (1 if sync else threads or 1)
        yield Option("gunicorn", "workers" if sync else "workers x threads", Limit.WORKERS, at_once, address)
    if (timeout_s := number(told.get("timeout", ""))) and sync:
        yield Option("gunicorn", "timeout", Limit.WORK, timeout_s, address, LATE_S)


def puma(workers: float | None, threads: float | None, bind: str, address: str = "") -> Iterator[Option]:
    """Of Puma, by whatever it is told; without workers it is one process (`Puma::Configuration`)."""
    address = listens_at(bind) or address
    if (backlog := re.search(r"[?&]backlog=(\d{1,9})(?:&|$)", bind)) is not None:
        yield Option("Puma", "backlog", Limit.BACKLOG, float(backlog[1]), address)
    if threads and workers is not None:
        yield Option("Puma", "workers x threads", Limit.WORKERS, max(workers, 1) * threads, address)


def uwsgi(told: Mapping[str, str]) -> Iterator[Option]:
    """By uWSGI's own names (uwsgi-docs, Options); lengths are seconds."""
    bound = [listens_at(told[key]) for key in UWSGI_SOCKETS if key in told]
    address = bound[0] if len(bound) == 1 else ""
    if backlog := number(told.get("listen", "")):
        yield Option(UWSGI, "listen", Limit.BACKLOG, backlog, address)
    workers = number(told.get("processes", told.get("workers", "")))
    threads = number(told["threads"]) if "threads" in told else 1.0
    # With gevent and asyncio one worker serves as many as these say; a file that is named may say so.
    if workers and threads and not told.keys() & {"gevent", "asyncio", "async", "config"}:
        name = "processes x threads" if "threads" in told else "processes"
        yield Option(UWSGI, name, Limit.WORKERS, workers * threads, address)
    if killed_s := number(told.get("harakiri", "")):
        yield Option(UWSGI, "harakiri", Limit.WORK, killed_s, address, LATE_S)


def listens_at(bind: str) -> str:
    """Where an address of listening leads, as `TargetSetting.address` tells it; '' if that is not plain.

    >>> listens_at("0.0.0.0:8000"), listens_at("tcp://[::]:9292?backlog=5"), listens_at("9000"), listens_at("x")
    ('8000', '9292', '9000', '')
    >>> listens_at("unix:/run/a.sock"), listens_at("/run/php.sock"), listens_at("unix:///run/puma.sock")
    ('unix:/run/a.sock', 'unix:/run/php.sock', 'unix:/run/puma.sock')
    """
    bare = bind.partition("?")[0].removeprefix("tcp://").removeprefix("ssl://").removeprefix("unix://")
    if bare.startswith(("/", "unix:/")):
        return f"unix:{bare.removeprefix('unix:')}"
    return _port(bare.rpartition(":")[2])


def _port(text: str) -> str:
    return text if re.fullmatch(r"\d{1,5}", text, re.ASCII) else ""


def number(text: str) -> float | None:
    """A plain number that is not negative.

    >>> number("5"), number("2.5"), number("-1"), number("cpu_count()")
    (5.0, 2.5, None, None)
    """
    return float(text) if re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", text.strip(), re.ASCII) else None
