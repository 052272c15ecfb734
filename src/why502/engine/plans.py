"""Finds the plan by which the lines of a file can be cut into columns."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import why502.formats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.formats.columns import Plan, Planner
    from why502.formats.interface import LogFormat


@cache
def all_planners() -> dict[str, Planner]:
    """Kind of log -> its planner, from each module of `formats` with a constant `COLUMNS`."""
    names = (module.name for module in pkgutil.iter_modules(why502.formats.__path__, f"{why502.formats.__name__}."))
    modules = map(importlib.import_module, names)
    planners: list[Planner] = [module.COLUMNS for module in modules if hasattr(module, "COLUMNS")]
    return {planner.kind: planner for planner in planners}


def plan_for(log_format: LogFormat, lines: Sequence[str]) -> Plan | None:
    """The plan for a file of that format which begins with these lines; None: line by line."""
    planner = all_planners().get(log_format.kind)
    plan = planner.plan(lines) if planner else None
    if plan is None or not log_format.addresses:
        return plan
    return replace(plan, target=log_format.addresses.get, target_from="group")
