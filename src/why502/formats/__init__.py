"""Log formats, one file each. Each module exposes one constant `FORMAT`; found by walking the package."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from why502.formats.interface import LogFormat


@cache
def all_formats() -> tuple[LogFormat, ...]:
    """Every log format, sorted by module name; modules without `FORMAT` hold what formats share.

    Each sees through what loggers and container engines put around lines, and reads the lines of its family.
    """
    from why502.formats.envelopes import seeing_through

    names = sorted(module.name for module in pkgutil.iter_modules(__path__, f"{__name__}."))
    modules = [importlib.import_module(name) for name in names]
    plain: list[LogFormat] = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return tuple(
        seeing_through(
            each, [other for other in plain if each.family and other.family == each.family and other != each]
        )
        for each in plain
    )
