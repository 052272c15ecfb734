"""Readers: evidence becomes facts here.

Each module with a constant `READER` (or `READERS`, if it has several) is found by walking the package.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from why502.sources.interface import Reader


@cache
def all_readers() -> tuple[Reader, ...]:
    """Every reader, sorted by the name of its module; each once, wherever it is exported."""
    names = sorted(module.name for module in pkgutil.walk_packages(__path__, f"{__name__}."))
    found: dict[Reader, None] = {}
    for module in map(importlib.import_module, names):
        own = getattr(module, "READER", None)
        found.update(dict.fromkeys((*((own,) if own else ()), *getattr(module, "READERS", ()))))
    return tuple(found)
