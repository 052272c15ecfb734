"""Programs written in Go: their build info names the compiler, the main module and its dependencies.

Layout of the section `.go.buildinfo` from Go 1.18 on: a magic, the size of pointers, flags; bit 1 of the flags says
that two strings follow inline at byte 32, each with its length as a varint (golang/go, src/debug/buildinfo/buildinfo.go
and src/cmd/link/internal/ld/data.go, `buildinfo`). The second one is wrapped
in 16 bytes on both sides (src/cmd/go/internal/modload/build.go).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from why502.host.frameworks.elf import binary
from why502.host.frameworks.interface import Found, Recogniser
from why502.host.frameworks.remembered import Remembered
from why502.model.expressions import expression
from why502.model.host import Software

if TYPE_CHECKING:
    from why502.host.frameworks.interface import Running

SECTION: Final = ".go.buildinfo"
MAGIC: Final = b"\xff Go buildinf:"
STRINGS_AT: Final = 32
INLINE: Final = 0x2
MAX_BYTES: Final = 256 << 10
WRAPPED: Final = 16
MODULE: Final = expression(r"^(?:mod|dep)\t(?P<path>[^\t\n]+)\t(?P<version>[^\t\n]+)", re.MULTILINE)
PATH: Final = expression(r"^path\t(?P<path>[^\t\n]+)", re.MULTILINE)

NAMED: Final = {
    "github.com/caddyserver/caddy/v2": "caddy",
    "github.com/traefik/traefik/v2": "traefik",
    "github.com/traefik/traefik/v3": "traefik",
    "github.com/containous/traefik": "traefik",
    "github.com/valyala/fasthttp": "fasthttp",
    "github.com/cloudflare/cloudflared": "cloudflared",
    "github.com/docker/docker": "docker",
    "k8s.io/ingress-nginx": "ingress-nginx",
    "istio.io/istio": "istio",
}
"""Modules that judgement knows."""


def parse(content: bytes) -> tuple[Software, ...]:
    r"""What the build info tells; empty if it is of another layout.

    >>> parse(MAGIC + b"\x08\x02" + bytes(16) + b"\x08go1.21.3\x00")
    (Software(name='go', version='1.21.3', at=''),)
    """
    if not content.startswith(MAGIC) or len(content) <= STRINGS_AT or not content[15] & INLINE:
        return ()
    compiler, at = _string(content, STRINGS_AT)
    modules, _ = _string(content, at)
    text = modules[WRAPPED:-WRAPPED].decode("utf-8", "replace") if len(modules) > 2 * WRAPPED else ""
    version = compiler.decode("utf-8", "replace").partition(" ")[0].removeprefix("go")
    found = [Software(NAMED[m["path"]], m["version"], "") for m in MODULE.finditer(text) if m["path"] in NAMED]
    if (main := PATH.search(text)) and main["path"].endswith("/docker-proxy"):
        found.append(Software("docker-proxy", None, ""))
    return (Software("go", version or None, ""), *found)


def _string(content: bytes, at: int) -> tuple[bytes, int]:
    """A string and where the next one begins; a length that does not fit gives an empty one."""
    length = shift = 0
    for place in range(at, min(at + 5, len(content))):
        length |= (content[place] & 0x7F) << shift
        shift += 7
        if content[place] < 0x80:
            begin = place + 1
            fits = begin + length <= len(content)
            return (content[begin : begin + length], begin + length) if fits else (b"", len(content))
    return b"", len(content)


def _read(fd: int) -> tuple[Software, ...]:
    found = binary(fd)
    return parse(found.section(SECTION, MAX_BYTES)) if found else ()


BUILD_INFO: Final = Remembered(_read)


def recognise(running: Running) -> Found:
    with running.files.executable() as fd:
        found = BUILD_INFO(fd) if fd is not None else ()
    return Found(tuple(Software(one.name, one.version, running.executable) for one in found))


RECOGNISER = Recogniser(applies=lambda running: bool(running.executable), recognise=recognise, order=80)
