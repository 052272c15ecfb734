"""What a Node.js process serves with: its own version from the binary, frameworks from their package.json."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import DecodeError, Struct, json

from why502.host.frameworks import native
from why502.host.frameworks.interface import Found, Recogniser
from why502.model.host import Software

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.host.frameworks.interface import Running

PACKAGES: Final = ("fastify", "express", "@nestjs/core", "koa", "@hapi/hapi", "hyper-express", "uWebSockets.js", "next")
MAX_BYTES: Final = 256 << 10
MAX_DEPTH: Final = 12
OPTION: Final = re.compile(r"^-")


class Package(Struct):
    """As much of a package.json as is used."""

    version: str = ""


def recognise(running: Running) -> Found:
    return Found((*native.recognise(running).software, *_frameworks(running)))


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
    try:
        return json.decode(text, type=Package).version or None
    except DecodeError:
        return None


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
