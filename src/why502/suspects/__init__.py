"""The suspects, one file each; found by walking this package.

A module that defines `SUSPECT` is a suspect, its docstring is its manual page.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from why502.suspects.interface import Suspect


@cache
def modules() -> dict[str, ModuleType]:
    """Suspect name -> its module, sorted by name."""
    found = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    return {m.SUSPECT.name: m for m in sorted(found, key=lambda m: m.__name__) if hasattr(m, "SUSPECT")}


def all_suspects() -> list[Suspect]:
    return [module.SUSPECT for module in modules().values()]


def manual_page(name: str) -> str:
    """The manual page of a built suspect (raises KeyError)."""
    return (modules()[name].__doc__ or "").strip()
