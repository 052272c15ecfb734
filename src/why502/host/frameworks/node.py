"""What a Node.js process serves with: its own version from the binary, frameworks from their package.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import DecodeError, Struct, field, json

from why502.host.frameworks import native
from why502.host.frameworks.interface import Found, Recogniser
from why502.model.decoding import ready
from why502.model.expressions import expression
from why502.model.host import Software

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.host.frameworks.interface import Running

PACKAGES: Final = ("fastify", "express", "@nestjs/core", "koa", "@hapi/hapi", "hyper-express", "uWebSockets.js", "next")
ADAPTERS: Final = {"@nestjs/platform-fastify": "fastify", "@nestjs/platform-express": "express"}
"""What brings a framework along."""
TIMERS: Final = frozenset({"fastify", "hyper-express", "uWebSockets.js"})
"""Set an idle limit of their own; the others leave Node's."""
FULL_STACK: Final = frozenset({"next", "@nestjs/core"})
"""Stand on another one, which is named beside them or is Node's own."""
MAX_BYTES: Final = 256 << 10
MAX_DEPTH: Final = 12
OPTION: Final = expression(r"^-")


class Package(Struct):
    """As much of a package.json as is used."""

    version: str = ""
    dependencies: dict[str, str] = field(default_factory=dict)


def recognise(running: Running) -> Found:
    """Of the frameworks that are installed, those that the application asks for itself.

    Where it asks for two with different idle limits, which of them listens is not told.
    """
    asked = _asked(running)
    found = tuple(one for one in _frameworks(running) if not asked or one.name in asked)
    names = {one.name for one in found} - FULL_STACK
    return Found((*native.recognise(running).software, *found), guessed=bool(names & TIMERS) and len(names) > 1)


def _asked(running: Running) -> frozenset[str]:
    """Dependencies in the package.json that is nearest to the script; empty if there is none."""
    for folder in _upwards(_start(running)):
        if text := running.files.read(f"{folder}/package.json", MAX_BYTES):
            asked = _package(text).dependencies
            return frozenset(ADAPTERS.get(name, name) for name in asked) | asked.keys()
    return frozenset()


def _frameworks(running: Running) -> Iterator[Software]:
    """The nearest one wins, as `require` looks for it: from the script's folder upwards."""
    seen = set()
    for folder in _upwards(_start(running)):
        for name in PACKAGES:
            at = f"{folder}/node_modules/{name}/package.json"
            if name not in seen and (text := running.files.read(at, MAX_BYTES)):
                seen.add(name)
                yield Software(name, version(text), at)


def version(text: bytes) -> str | None:
    """Its version.

    >>> version(b'{"name": "express", "version": "4.18.2"}'), version(b"[")
    ('4.18.2', None)
    """
    return _package(text).version or None


def _package(text: bytes) -> Package:
    try:
        return json.decode(text, type=ready(Package))
    except DecodeError:
        return Package()


def _start(running: Running) -> str:
    """Folder of the script; the working directory where the command names none."""
    script = next((word for word in running.arguments[1:] if not OPTION.match(word)), "")
    folder = script.rpartition("/")[0]
    return folder if folder.startswith("/") else f"{running.folder}/{folder}".rstrip("/")


def _upwards(folder: str) -> Iterator[str]:
    for _ in range(MAX_DEPTH):
        yield folder
        if not folder:
            return
        folder = folder.rpartition("/")[0]


RECOGNISER = Recogniser(
    applies=lambda running: running.program in {"node", "nodejs", "bun"}, recognise=recognise, order=30
)
