"""What a recogniser is given, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from why502.host.frameworks.files import ProcessFiles
from why502.model.host import Software


@dataclass(frozen=True, slots=True)
class Running:
    """A process, before anything is known about what runs in it."""

    name: str
    executable: str
    """Where its binary lies in its own root; '' if that may not be seen."""
    arguments: tuple[str, ...]
    folder: str
    """Its working directory."""
    files: ProcessFiles
    variables: dict[str, str] = field(default_factory=dict)
    """Those of its environment that say where code is found and how it is started (`VARIABLES`), no others."""

    @property
    def program(self) -> str:
        """Name of the binary without its folder."""
        return self.executable.removesuffix(" (deleted)").rpartition("/")[2] or self.name


VARIABLES = frozenset({"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "GUNICORN_CMD_ARGS"})


@dataclass(frozen=True, slots=True)
class Found:
    """What runs in it; the server among it is chosen from a table (`servers.toml`)."""

    software: tuple[Software, ...] = ()
    guessed: bool = False
    """It is installed where the process looks for code, but nothing shows that it is used."""


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One family of servers."""

    applies: Callable[[Running], bool]
    """Cheap: decides by names alone."""
    recognise: Callable[[Running], Found]
    """Reads files, never executes anything; every read is bounded."""
    order: int = 50
    """Lower ones are asked first; the first that finds something is believed."""
