"""Readers: evidence becomes facts here.

Each module with a constant `READER` (or `READERS`, if it has several) is found by walking the package. A package that
has one is not walked further: what it reads with is imported when it reads.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import ModuleType

    from why502.sources.interface import Reader


@cache
def all_readers() -> tuple[Reader, ...]:
    """Every reader, sorted by the name of its module; each once, wherever it is exported."""
    by_module = sorted(_found(__path__, __name__), key=lambda found: found[0].__name__)
    return tuple(dict.fromkeys(reader for _, readers in by_module for reader in readers))


def _found(folders: Iterable[str], package: str) -> Iterator[tuple[ModuleType, Sequence[Reader]]]:
    for each in pkgutil.iter_modules(folders, f"{package}."):
        module = importlib.import_module(each.name)
        own = getattr(module, "READER", None)
        readers = (*((own,) if own else ()), *getattr(module, "READERS", ()))
        if readers:
            yield module, readers
        elif each.ispkg:
            yield from _found(module.__path__, each.name)
