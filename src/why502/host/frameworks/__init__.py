"""Which server, in which version, a process is: read from its files, never by running or asking it.

One file a family, found by walking this package: a module that defines `RECOGNISER` is one.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from why502.host.frameworks.files import ProcessFiles
from why502.host.frameworks.interface import VARIABLES, Found, Recogniser, Running
from why502.host.frameworks.servers import server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.host import Server, Software

PROC: Final = Path("/proc")
MAX_ARGUMENTS: Final = 1_000
MAX_COMMAND_BYTES: Final = 256 << 10
MAX_ENVIRON_BYTES: Final = 128 << 10


@cache
def recognisers() -> tuple[Recogniser, ...]:
    """All of them, in the order in which they are asked."""
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    found = [(m.RECOGNISER.order, m.__name__, m.RECOGNISER) for m in modules if hasattr(m, "RECOGNISER")]
    return tuple(one for _, _, one in sorted(found, key=lambda item: item[:2]))


def recognise(pid: int, root: Path = PROC) -> tuple[Server | None, tuple[Software, ...]]:
    """The server that a process is, and all that was recognised in it; nothing of a process that has ended.

    Of a guess only the server is told: what is merely installed is no evidence of anything.
    """
    running = look(root / str(pid))
    found = what_runs(running) if running else Found()
    return (server(found, running) if running else None), () if found.guessed else found.software


def what_runs(running: Running) -> Found:
    """The answer of the first recogniser that has one."""
    answers = (one.recognise(running) for one in recognisers() if one.applies(running))
    return next((found for found in answers if found.software), Found())


def look(process: Path) -> Running | None:
    """What /proc/PID tells of a process; None if it has ended."""
    try:
        name = (process / "comm").read_text("utf-8", "replace").rstrip("\n")
        with (process / "cmdline").open("rb") as file:
            arguments = _fields(file.read(MAX_COMMAND_BYTES))
    except OSError:
        return None
    return Running(
        name=name,
        executable=_link(process / "exe"),
        arguments=tuple(arguments[:MAX_ARGUMENTS]),
        folder=_link(process / "cwd"),
        files=ProcessFiles(process),
        variables=_variables(process),
    )


def _variables(process: Path) -> dict[str, str]:
    """Only those that say where code is found: the rest may hold secrets and is not kept."""
    try:
        with (process / "environ").open("rb") as file:
            pairs = _fields(file.read(MAX_ENVIRON_BYTES))
    except OSError:
        return {}
    split: Sequence[tuple[str, str, str]] = [pair.partition("=") for pair in pairs]
    return {name: value for name, _, value in split if name in VARIABLES}


def _fields(content: bytes) -> list[str]:
    return [part.decode("utf-8", "replace") for part in content.rstrip(b"\0").split(b"\0")]


def _link(path: Path) -> str:
    try:
        return os.fsencode(path.readlink()).decode("utf-8", "replace")
    except OSError:
        return ""
