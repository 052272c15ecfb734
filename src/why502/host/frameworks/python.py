"""What a Python process serves with: the distributions where its interpreter looks for code, and its command line.

Which of the installed ones runs is told by the command. If it tells nothing and just one server is installed, the
extension modules that are mapped into the process decide: those of a server that runs are. One without such modules
leaves no trace in the process; it is named as installed, not seen running.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from why502.host.frameworks.interface import Found, Recogniser
from why502.model.expressions import expression
from why502.model.host import Software

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.host.frameworks.interface import Running

PROGRAM: Final = expression(r"^(?:python|pypy)(?P<version>\d(?:\.\d+)?)?")
SERVERS: Final = {
    "gunicorn": "gunicorn",
    "uvicorn": "uvicorn",
    "hypercorn": "hypercorn",
    "granian": "granian",
    "waitress": "waitress",
    "waitress-serve": "waitress",
    "daphne": "daphne",
    "cheroot": "cheroot",
    "cherryd": "cheroot",
    "flask": "werkzeug",
    "runserver": "django",
    "fastapi": "uvicorn",
    "vllm": "uvicorn",
    "aiohttp.web": "aiohttp",
}
"""Word of the command -> distribution that listens."""
LIBRARIES: Final = frozenset({"aiohttp", "tornado", "werkzeug", "gevent", "bjoern"})
"""Also serve, started by the application's own code."""
STANDARD: Final = {"http.server": "http.server", "wsgiref.simple_server": "wsgiref"}
DISTRIBUTION: Final = expression(r"^(?P<name>[A-Za-z0-9_.]+)-(?P<version>\d[\w.!+]*)\.(?:dist|egg)-info$")
NOT_SEEN: Final = "installed, not seen running"
MAX_WORDS: Final = 12
"""Of the command line: what is started stands at its beginning."""


def recognise(running: Running) -> Found:
    version = PROGRAM.match(running.program)
    interpreter = Software("python", version["version"] if version else None, running.executable)
    named = tuple(dict.fromkeys(_named(running.arguments[:MAX_WORDS])))
    if standard := [Software(STANDARD[word], interpreter.version, word) for word in named if word in STANDARD]:
        return Found((interpreter, *standard))
    installed = {one.name: one for folder in code_folders(running) for one in _distributions(running, folder)}
    if named:
        wanted = [SERVERS[word] for word in named]
        wanted += [name for name in ("uvicorn", "gevent") if any(name in word.lower() for word in running.arguments)]
        told = (installed.get(name, Software(name, None, "command line")) for name in dict.fromkeys(wanted))
        return Found((interpreter, *told))
    servers = [one for name, one in installed.items() if name in LIBRARIES or name in SERVERS.values()]
    if len(servers) != 1:
        return Found((interpreter,))
    (only,) = servers
    modules = _modules(running, only)
    if loaded := sorted(modules & {PurePosixPath(path).name for path in running.files.mapped()}):
        return Found((interpreter, Software(only.name, only.version, f"{loaded[0]}, mapped into the process")))
    if modules:  # it has some, and the process has not loaded them
        return Found((interpreter,))
    return Found((interpreter, Software(only.name, only.version, f"{only.at}: {NOT_SEEN}")), guessed=True)


def _modules(running: Running, distribution: Software) -> set[str]:
    """Names of its extension modules, those in the folder that is called as the distribution is."""
    folder = f"{distribution.at.rpartition('/')[0]}/{distribution.name.replace('-', '_')}"
    return {name for name in running.files.names(folder) if name.endswith(".so")}


def _named(words: tuple[str, ...]) -> Iterator[str]:
    """Servers that the command speaks of: `gunicorn app`, `python -m uvicorn`, `/venv/bin/hypercorn`."""
    for number, word in enumerate(words):
        titled = word.partition(":")[0] if number == 0 else word
        last = titled.rpartition("/")[2]
        if last in SERVERS and (number < 3 or last == "runserver"):
            yield last
        elif number and words[number - 1] == "-m" and word.partition(".")[0] in SERVERS:
            yield word.partition(".")[0]
        elif number and words[number - 1] == "-m" and word in STANDARD:
            yield word


def code_folders(running: Running) -> Iterator[str]:
    """Where the interpreter looks for code, as site.py builds it; folders that do not exist hold nothing."""
    version = PROGRAM.match(running.program)
    python = f"python{version['version']}" if version and version["version"] else "python3"
    prefixes = [running.variables.get("VIRTUAL_ENV", ""), running.variables.get("PYTHONHOME", "")]
    prefixes += [word.rpartition("/bin/")[0] for word in running.arguments[:2] if "/bin/" in word]
    prefixes += [running.executable.rpartition("/bin/")[0], "/usr/local", "/usr"]
    yield from running.variables.get("PYTHONPATH", "").split(":")
    yield running.folder
    for prefix in dict.fromkeys(prefix for prefix in prefixes if prefix):
        absolute = prefix if prefix.startswith("/") else f"{running.folder}/{prefix}"
        yield f"{absolute}/lib/{python}/site-packages"
        yield f"{absolute}/lib/{python}/dist-packages"
        yield f"{absolute}/lib/python3/dist-packages"


def _distributions(running: Running, folder: str) -> Iterator[Software]:
    """Names are compared as PyPI does: case and separators do not count."""
    wanted = LIBRARIES | set(SERVERS.values())
    for entry in running.files.names(folder) if folder.startswith("/") else ():
        if (match := DISTRIBUTION.match(entry)) and (name := match["name"].lower().replace("_", "-")) in wanted:
            yield Software(name, match["version"], f"{folder}/{entry}")


RECOGNISER = Recogniser(applies=lambda running: bool(PROGRAM.match(running.program)), recognise=recognise, order=20)
