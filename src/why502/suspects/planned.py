"""Causes of the design that have no module yet.

They are reported as not examined, and their priors belong to "none of these" wherever they could act. A module
of the same name takes an entry's place by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from why502.model.requests import Phase
from why502.suspects.interface import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Planned:
    """A cause that why502 cannot judge yet."""

    kind: Kind
    title: str
    prior: float = 0.0
    phases: frozenset[Phase] = frozenset()
    """Where a fault could act; a failure of unknown phase could be any of them."""


PLANNED: Final[Mapping[str, Planned]] = {}
