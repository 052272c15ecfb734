"""What one surface of a host is found to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from why502.model.host import HostRecord, Unseen


class State(StrEnum):
    """A closed list, worst first."""

    WRONG = "wrong"
    """It did harm while we watched."""
    AT_RISK = "at risk"
    """Close to a limit, or held up, while we watched."""
    NOTE = "note"
    """Worth knowing; no harm by itself."""
    FINE = "fine"


class Finding(Struct, frozen=True):
    """One answer about one surface."""

    surface: str
    state: State
    text: str
    """One sentence with the numbers."""
    where: str = ""
    """Network namespace, process or control group; empty: the machine."""


Answers = tuple[Finding | Unseen, ...]


@dataclass(frozen=True, slots=True)
class Surface:
    """One part of the kernel's or the runtime's books; found by walking this package."""

    name: str
    look: Callable[[HostRecord], Answers]
    """Pure. A surface that has nothing to tell says that it is fine, or why it could not be seen."""
