"""What a known issue is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from why502.facts.scene import ListenerWindow
from why502.model.verdict import Remedy


@dataclass(frozen=True, slots=True)
class KnownIssue:
    """One public issue that explains a setting on a host."""

    id: str
    """'SOFTWARE-what', also the module's name with '-' for '_'."""
    software: str
    affected: str
    """Versions, as the source gives them."""
    condition: str
    """The condition that it explains, e.g. 'backlog-too-small'."""
    matches: Callable[[ListenerWindow], str | None]
    """One sentence why this listener shows it, or None."""
    source: str
    remedies: tuple[Remedy, ...]
    certainty: int = 0
    """A match that names the software beats one that knows only the pattern: higher wins."""
