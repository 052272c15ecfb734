"""Which limits the command line of a server sets, together with the variables of its environment that it reads itself.

What the environment says counts for less than the command line, everywhere here. Names and rules are those of
gunicorn/config.py and docs/source/configure.rst, uvicorn/main.py (`auto_envvar_prefix`), hypercorn/__main__.py,
waitress/runner.py, puma/cli.rb and `puma_options_from_env`, uwsgi-docs (Options; each also as UWSGI_NAME) and Next.js
(`next start`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from why502.facts.server_options import Option, gunicorn, listens_at, number, puma, uwsgi
from why502.model.settings import Limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MAX_WORDS: Final = 512
WAITRESS_SWEEP_S: Final = 30.0
"""It looks for idle connections every `cleanup_interval` (waitress/adjustments.py)."""


class Server(NamedTuple):
    """How one server is told."""

    options: Mapping[str, str]
    """Option -> setting."""
    limits: Callable[[Mapping[str, str]], Iterator[Option]]
    variables: Mapping[str, str] = {}
    """Variable of the environment -> setting."""
    words: str = ""
    """The variable that holds further options."""
    does: str = ""
    """The word that must follow, where the program does other things as well."""


def _uvicorn(told: Mapping[str, str]) -> Iterator[Option]:
    address = f"unix:{told['uds']}" if "uds" in told else listens_at(told.get("port", ""))
    if (keepalive_s := number(told.get("keepalive", ""))) is not None:
        yield Option("uvicorn", "--timeout-keep-alive", Limit.KEEPALIVE, keepalive_s, address)
    if backlog := number(told.get("backlog", "")):
        yield Option("uvicorn", "--backlog", Limit.BACKLOG, backlog, address)


def _hypercorn(told: Mapping[str, str]) -> Iterator[Option]:
    address = listens_at(told.get("bind", ""))
    if (keepalive_s := number(told.get("keepalive", ""))) is not None:
        yield Option("Hypercorn", "--keep-alive", Limit.KEEPALIVE, keepalive_s, address)
    if backlog := number(told.get("backlog", "")):
        yield Option("Hypercorn", "--backlog", Limit.BACKLOG, backlog, address)


def _waitress(told: Mapping[str, str]) -> Iterator[Option]:
    address = listens_at(told.get("socket") or told.get("port") or told.get("listen", ""))
    if threads := number(told.get("threads", "")):
        yield Option("Waitress", "--threads", Limit.WORKERS, threads, address)
    if backlog := number(told.get("backlog", "")):
        yield Option("Waitress", "--backlog", Limit.BACKLOG, backlog, address)
    if keepalive_s := number(told.get("channel-timeout", "")):
        yield Option("Waitress", "--channel-timeout", Limit.KEEPALIVE, keepalive_s, address, WAITRESS_SWEEP_S)


def _puma(told: Mapping[str, str]) -> Iterator[Option]:
    """'-t 0:16', '-w 2', '-b tcp://0.0.0.0:9292?backlog=512'; without '-w' its file may tell how many there are."""
    bind = told.get("bind", "")
    least, _, most = told.get("threads", "").partition(":")
    yield from puma(number(told.get("workers", "")), number(most or least), bind, listens_at(told.get("port", "")))


def _next(told: Mapping[str, str]) -> Iterator[Option]:
    """Milliseconds, unlike all others."""
    if (keepalive_ms := number(told.get("keepalive", ""))) is not None:
        address = listens_at(told.get("port", ""))
        yield Option("Next.js", "--keepAliveTimeout", Limit.KEEPALIVE, keepalive_ms / 1000, address)


_GUNICORN: Final = Server(
    {"-b": "bind", "--bind": "bind", "-w": "workers", "--workers": "workers", "-k": "worker_class",
     "--worker-class": "worker_class", "--threads": "threads", "--keep-alive": "keepalive", "--backlog": "backlog",
     "-t": "timeout", "--timeout": "timeout", "-c": "config", "--config": "config"},
    gunicorn, {"WEB_CONCURRENCY": "workers", "PORT": "bind"}, "GUNICORN_CMD_ARGS",
)  # fmt: skip
_UVICORN: Final = Server(
    {"--port": "port", "--uds": "uds", "--backlog": "backlog", "--timeout-keep-alive": "keepalive"},
    _uvicorn,
    {"UVICORN_PORT": "port", "UVICORN_UDS": "uds", "UVICORN_BACKLOG": "backlog",
     "UVICORN_TIMEOUT_KEEP_ALIVE": "keepalive"},
)  # fmt: skip
_UWSGI_NAMES: Final = ("http-socket", "http", "socket", "uwsgi-socket", "fastcgi-socket", "processes", "workers",
                       "threads", "listen", "harakiri", "gevent", "asyncio", "async")  # fmt: skip
_UWSGI: Final = Server(
    {"-s": "socket", "-p": "processes", "-l": "listen", "-t": "harakiri",
     **{f"--{name}": name for name in _UWSGI_NAMES},
     **{f"--{name}": "config" for name in ("ini", "yaml", "yml", "xml", "json")}},
    uwsgi, {f"UWSGI_{name.upper().replace('-', '_')}": name for name in _UWSGI_NAMES},
)  # fmt: skip
SERVERS: Final = {
    "gunicorn": _GUNICORN,
    "uvicorn": _UVICORN,
    "hypercorn": Server(
        {"-b": "bind", "--bind": "bind", "--backlog": "backlog", "--keep-alive": "keepalive"}, _hypercorn
    ),
    "waitress-serve": Server(
        {f"--{name}": name for name in ("port", "listen", "threads", "backlog", "channel-timeout")}
        | {"--unix-socket": "socket"},
        _waitress,
    ),
    "puma": Server(
        {
            "-t": "threads",
            "--threads": "threads",
            "-w": "workers",
            "--workers": "workers",
            "-b": "bind",
            "--bind": "bind",
            "-p": "port",
            "--port": "port",
        },
        _puma,
        {"WEB_CONCURRENCY": "workers", "PORT": "port"},
    ),
    "uwsgi": _UWSGI,
    "next": Server(
        {"-p": "port", "--port": "port", "--keepAliveTimeout": "keepalive"}, _next, {"PORT": "port"}, does="start"
    ),
}


def of_command(words: Sequence[str], variables: Mapping[str, str] | None = None) -> tuple[Option, ...]:
    """The limits that a command line sets, if it is one of a server that is known.

    >>> [tuple(one)[1:5] for one in of_command("python -m uvicorn --port 80 --timeout-keep-alive 75".split())]
    [('--timeout-keep-alive', <Limit.KEEPALIVE: 'keepalive'>, 75.0, '80')]
    """
    words, known = words[:MAX_WORDS], variables or {}
    for place, word in enumerate(words[:8]):
        # '/usr/bin/python3 /venv/bin/gunicorn', 'python -m uvicorn', 'sh -c "exec puma ..."'.
        server = SERVERS.get(word.rpartition("/")[2])
        if server is not None and (not server.does or server.does in words[place + 1 : place + 2]):
            told = {name: known[variable] for variable, name in server.variables.items() if variable in known}
            more = known.get(server.words, "").split()[:MAX_WORDS]
            return tuple(server.limits(told | _options(server.options, (*more, *words[place + 1 :]))))
    return ()


def _options(names: Mapping[str, str], words: Sequence[str]) -> dict[str, str]:
    """The last one counts."""
    told: dict[str, str] = {}
    for word, following in zip(words, (*words[1:], ""), strict=False):
        name, equals, inline = word.partition("=")
        if name in names:
            told[names[name]] = inline if equals else following
        elif word[:2] in names and word[:2] != "--":
            told[names[word[:2]]] = word[2:]
    return told
