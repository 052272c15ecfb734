"""Programs written in Rust: the versions of their crates, by the paths that stand in the messages of panics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.host.frameworks.elf import binary
from why502.host.frameworks.interface import Found, Recogniser
from why502.host.frameworks.remembered import Remembered
from why502.model.expressions import expression
from why502.model.host import Software

if TYPE_CHECKING:
    from why502.host.frameworks.interface import Running

CRATES: Final = {
    name: {f"/{name}-".encode(): expression(rf"/{name}-(\d+\.\d+\.\d+)/".encode())}
    for name in ("mio", "actix-web", "hyper")
}
"""cargo builds them in `registry/src/.../NAME-VERSION/src`; `panic!` keeps the path of its file."""
RUST: Final = {b"/rustc/": expression(rb"/rustc/[0-9a-f]{40}/")}
"""Every program that was linked with Rust's standard library."""


def _read(fd: int) -> tuple[Software, ...]:
    found = binary(fd)
    if found is None or found.search(RUST) is None:
        return ()
    hits = ((name, found.search(marks)) for name, marks in CRATES.items())
    return tuple(Software(name, match[1].decode(), "") for name, match in hits if match)


READ: Final = Remembered(_read)


def recognise(running: Running) -> Found:
    with running.files.executable() as fd:
        found = READ(fd) if fd is not None else ()
    return Found(tuple(Software(one.name, one.version, running.executable) for one in found))


RECOGNISER = Recogniser(applies=lambda running: bool(running.executable), recognise=recognise, order=90)
