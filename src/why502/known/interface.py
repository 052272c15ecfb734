"""What a known issue is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from why502.facts.scene import ListenerWindow
from why502.model.verdict import Remedy

Matches = Callable[[ListenerWindow], str | None]
"""One sentence why this listener shows it, or None."""


def not_on_a_host(_: ListenerWindow) -> None:
    """For issues that a host does not show; `recognised_by` says what does."""


@dataclass(frozen=True, slots=True)
class KnownIssue:
    """One public issue that explains a setting or a behaviour of what runs on a host."""

    id: str
    """'SOFTWARE-what', also the module's name with '-' for '_'."""
    software: str
    affected: str
    """Versions, as the source gives them."""
    condition: str
    """The cause of the catalogue that it explains, e.g. 'backlog-too-small'."""
    matches: Matches
    source: str
    remedies: tuple[Remedy, ...]
    certainty: int = 0
    """A match that names the software beats one that knows only the pattern: higher wins."""
    recognised_by: str = "what runs on the host"
    """In words: on a host, or by what else."""
    of_namespace: bool = False
    """It concerns the network namespace as a whole: every listener in it shows it."""
    proven: bool = False
    """A match shows the fault itself at work; otherwise a version or a default, and settings may have changed it."""

    @property
    def on_a_host(self) -> bool:
        return self.matches is not not_on_a_host
