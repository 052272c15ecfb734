"""The host's surfaces apart from its listeners, one file each; a module that defines `SURFACE` is one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from why502.facts.surfaces.interface import Finding, State
from why502.model.host import Unseen

if TYPE_CHECKING:
    from why502.facts.surfaces.interface import Surface
    from why502.model.host import HostRecord


@cache
def surfaces() -> tuple[Surface, ...]:
    """All of them, sorted by name."""
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    return tuple(sorted((m.SURFACE for m in modules if hasattr(m, "SURFACE")), key=lambda one: one.name))


def findings(record: HostRecord) -> tuple[tuple[Finding, ...], tuple[Unseen, ...]]:
    """Everything that the surfaces tell, worst first, and what could not be seen."""
    answers = [answer for surface in surfaces() for answer in surface.look(record)]
    found = [answer for answer in answers if isinstance(answer, Finding)]
    unseen = tuple(answer for answer in answers if isinstance(answer, Unseen))
    return tuple(sorted(found, key=lambda one: list(State).index(one.state))), unseen
