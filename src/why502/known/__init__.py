"""The known-issue library, one file an issue; found by walking this package.

A module that defines `KNOWN` is an issue; its docstring is its page.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from why502.known.interface import KnownIssue


@cache
def known_issues() -> tuple[KnownIssue, ...]:
    """All issues, sorted by id."""
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    return tuple(sorted((m.KNOWN for m in modules if hasattr(m, "KNOWN")), key=lambda issue: issue.id))
