"""Scenarios of the lab: one file each, named after the cause; found by walking this package."""

from __future__ import annotations

import importlib
import pkgutil

from why502.errors import Why502Error
from why502.lab.scenarios.interface import Scenario

__all__ = ["Scenario", "by_name", "scenarios"]


def scenarios() -> tuple[Scenario, ...]:
    """All scenarios, sorted by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "interface")
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    return tuple(module.SCENARIO for module in modules)


def by_name(name: str) -> Scenario:
    known = {scenario.name: scenario for scenario in scenarios()}
    if name not in known:
        raise Why502Error("no such scenario", where=name, hint=f"known: {', '.join(known)}")
    return known[name]
